"""Accounts for programs: from one account on, in the order in which they came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col

from bridge.analysis.origins import STALE
from bridge.service.access import Actor, Permission, require
from bridge.service.account_views import AccountRow, Sums
from bridge.service.accounts import Filters, conditions_of, currency_of, rows_of
from bridge.store import account_pages as store
from bridge.store.accounts import Account
from bridge.store.ranking import all_segments


@dataclass(frozen=True, slots=True)
class Part:
    """``found``: the sums of all that match. ``more``: something comes after."""

    rows: list[AccountRow]
    found: Sums
    currency: str
    more: bool


def accounts_from(
    session: Session, actor: Actor, filters: Filters, after: int | None, limit: int, *, at: datetime
) -> Part:
    """``limit`` accounts with ids above ``after``; the filters' order and page do not count."""
    require(actor, Permission.READ_VALUE)
    made = store.columns(all_segments(session), at.date())
    conditions = conditions_of(made, filters, at)
    found = Sums(*store.sums(session, made, at - STALE, *conditions))
    later = [*conditions, col(Account.id) > (after or 0)]
    rows = store.page(session, made, later, [col(Account.id).asc()], limit=limit + 1, offset=0)
    return Part(rows_of(session, rows[:limit], at), found, currency_of(session), len(rows) > limit)
