"""The versions of the constants of the score, and what is read of a run to see it under other ones.

Rule: a version is never changed and never deleted, only followed by a newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select as rows
from sqlmodel import Session, col, select

from bridge.store import account_pages
from bridge.store.accounts import Account
from bridge.store.clusters import ScoringConfigVersion
from bridge.store.ranking import all_segments


class AccountWords(NamedTuple):
    """What decides an account's factors: ``tier`` is its own, else that of its segment."""

    id: int
    risk_band: str | None
    tier: str | None
    renewal: date | None


def all_versions(session: Session) -> Sequence[ScoringConfigVersion]:
    """Newest first."""
    return session.exec(select(ScoringConfigVersion).order_by(col(ScoringConfigVersion.version).desc())).all()


def follow(
    session: Session, before: ScoringConfigVersion, params: dict[str, Any], *, actor: str, at: datetime, why: str
) -> ScoringConfigVersion:
    """Add the next version."""
    row = ScoringConfigVersion(version=(before.version or 0) + 1, params=params, at=at, actor=actor, why=why)
    session.add(row)
    session.flush()
    return row


def account_words(session: Session, today: date) -> list[AccountWords]:
    made = account_pages.columns(all_segments(session), today)
    query = rows(col(Account.id), col(Account.risk_band), made.tier, col(Account.renewal_date))
    return [AccountWords(*row) for row in session.execute(query)]
