"""Accounts and segments for people who may see values. Rule: nothing here without READ_VALUE; a csm sees all accounts,
but text of tickets only of their own (service/scope.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from bridge.analysis.origins import STALE
from bridge.analysis.segment_rules import phrases
from bridge.ranked import amounts_of
from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_values import known_values
from bridge.service.account_views import (
    AccountPage,
    AccountRow,
    AccountView,
    Hurt,
    SegmentRow,
    Sums,
    TicketLine,
)
from bridge.service.errors import UnknownId
from bridge.service.scope import readable_tickets
from bridge.store import account_pages as store
from bridge.store import ranking
from bridge.store.accounts import Account, AccountDomain, AccountExternalId, Segment
from bridge.store.ranking import all_segments, last_run, placings
from bridge.store.tickets import Ticket

PAGE = 50
SHOWN = 20
SORTS = {"value": "Value", "name": "Name", "renewal": "Renewal", "age": "Age of the value"}


@dataclass(frozen=True, slots=True)
class Filters:
    """``find``: a part of the name. ``only``: stale or imputed."""

    find: str = ""
    segment: str = ""
    only: str = ""
    sort: str = "value"
    page: int = 1


def accounts(session: Session, actor: Actor, filters: Filters, *, at: datetime) -> AccountPage:
    """One page of accounts, with the sums of all that match and of all there are."""
    require(actor, Permission.READ_VALUE)
    segments = all_segments(session)
    made = store.columns(segments, at.date())
    conditions = conditions_of(made, filters, at)
    everything = Sums(*store.sums(session, made, at - STALE))
    found = Sums(*store.sums(session, made, at - STALE, *conditions)) if conditions else everything
    pages = max(1, -(-found.accounts // PAGE))
    number = min(max(1, filters.page), pages)
    order = _order(made, filters.sort)
    rows = store.page(session, made, conditions, order, limit=PAGE, offset=(number - 1) * PAGE)
    return AccountPage(
        rows=rows_of(session, rows, at),
        found=found,
        everything=everything,
        segments=[segment.name for segment in segments],
        currency=currency_of(session),
        page=number,
        pages=pages,
    )


def account(session: Session, actor: Actor, account_id: int, *, at: datetime) -> AccountView:
    """One account with the issues that hurt it. Raises UnknownId."""
    require(actor, Permission.READ_VALUE)
    made = store.columns(all_segments(session), at.date())
    found = store.page(session, made, [col(Account.id) == account_id], [made.value], limit=1, offset=0)
    if not found:
        raise UnknownId(f"there is no account {account_id}")
    known: Account = found[0][0]
    tickets = store.tickets_of(session, [account_id])
    values, quality = known_values(session, account_id, at=at)
    domains = session.exec(select(AccountDomain.domain).where(AccountDomain.account_id == account_id))
    external = session.exec(select(AccountExternalId.external_id).where(AccountExternalId.account_id == account_id))
    return AccountView(
        row=_row(found[0], tickets, at),
        arr=known.arr,
        margin=known.margin,
        uplift=known.strategic_uplift,
        uplift_reason=known.strategic_reason,
        uplift_until=known.strategic_expires,
        region=known.region,
        languages=known.languages,
        domains=sorted(domains),
        external_ids=sorted(external),
        issues=_hurts(session, account_id, tickets),
        tickets=_lines(session, actor, tickets[:SHOWN]),
        more_tickets=max(0, len(tickets) - SHOWN),
        values=values,
        quality=quality,
        may_edit=may(actor, Permission.EDIT_VALUES),
        currency=currency_of(session),
    )


def segments(session: Session, actor: Actor, *, at: datetime) -> tuple[list[SegmentRow], str]:
    """Segments in the order of their rules, with what they hold, and the currency."""
    require(actor, Permission.READ_VALUE)
    rows = all_segments(session)
    held = store.by_segment(session, store.columns(rows, at.date()))
    currency = currency_of(session)
    return [_segment(row, held.get(row.name, (0, 0.0, 0, 0.0)), currency) for row in rows], currency


def _segment(row: Segment, held: tuple[int, float, int, float], currency: str) -> SegmentRow:
    return SegmentRow(
        row.name,
        row.position,
        phrases(row.rule, currency),
        row.rule.get("value_at_least"),
        "named_only" in row.rule,
        not row.rule,
        row.value_default,
        row.expectation_tier,
        *held,
    )


def conditions_of(made: store.Columns, filters: Filters, at: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.find.strip():
        found.append(col(Account.name).icontains(filters.find.strip(), autoescape=True))
    if filters.segment:
        found.append(made.segment == filters.segment)
    if filters.only == "stale":
        found.append(col(Account.as_of) < at - STALE)
    if filters.only == "imputed":
        found.append(made.imputed)
    return found


def _order(made: store.Columns, sort: str) -> list[ColumnElement[Any]]:
    orders: dict[str, list[ColumnElement[Any]]] = {
        "value": [made.value.desc()],
        "name": [col(Account.name).asc()],
        "renewal": [col(Account.renewal_date).is_(None).asc(), col(Account.renewal_date).asc()],
        "age": [col(Account.as_of).asc()],
    }
    return orders.get(sort, orders["value"])


def rows_of(session: Session, rows: Sequence[Any], at: datetime) -> list[AccountRow]:
    by_account: dict[int, list[store.TicketOf]] = {}
    for ticket in store.tickets_of(session, [row[0].id for row in rows]) if rows else []:
        by_account.setdefault(ticket.account_id, []).append(ticket)
    return [_row(row, by_account.get(row[0].id, []), at) for row in rows]


def _row(row: Any, tickets: Sequence[store.TicketOf], at: datetime) -> AccountRow:
    known, segment, tier, value, imputed = row
    return AccountRow(
        id=known.id,
        name=known.name,
        segment=segment,
        named=known.segment_named == segment,
        value=value,
        imputed=bool(imputed),
        tier=tier,
        risk=known.risk_band,
        renewal=known.renewal_date,
        lifecycle=known.lifecycle,
        source=known.source,
        as_of=known.as_of,
        stale=known.as_of < at - STALE,
        open_tickets=sum(ticket.is_open for ticket in tickets),
        issues=len({ticket.cluster_id for ticket in tickets if ticket.is_open and ticket.cluster_id}),
    )


def _hurts(session: Session, account_id: int, tickets: Sequence[store.TicketOf]) -> list[Hurt]:
    by_cluster: dict[int, list[store.TicketOf]] = {}
    for ticket in tickets:
        if ticket.cluster_id:
            by_cluster.setdefault(ticket.cluster_id, []).append(ticket)
    run = last_run(session)
    ranks = placings(session, run.id or 0) if run else {}
    parts = amounts_of(session, run, f"account:{account_id}", list(by_cluster)) if run else {}
    made = [_hurt(id_, own, ranks.get(id_), parts.get(id_, 0.0)) for id_, own in by_cluster.items()]
    return sorted(made, key=lambda hurt: (-(hurt.part or 0), hurt.rank or 0, hurt.cluster_id))


def _hurt(cluster_id: int, tickets: list[store.TicketOf], placing: tuple[int, float] | None, part: float) -> Hurt:
    return Hurt(
        cluster_id=cluster_id,
        title=tickets[0].title or "",
        rank=placing[0] if placing else None,
        part=part if placing else None,
        tickets=len(tickets),
        open_tickets=sum(ticket.is_open for ticket in tickets),
        last_at=max(ticket.last_customer_at for ticket in tickets),
    )


def _lines(session: Session, actor: Actor, tickets: Sequence[store.TicketOf]) -> list[TicketLine]:
    ids = [ticket.ticket_id for ticket in tickets]
    query = select(Ticket.id, Ticket.subject, Ticket.url)
    query = query.where(col(Ticket.id).in_(ids), readable_tickets(session, actor))
    texts = {id_: (subject, url) for id_, subject, url in session.exec(query)}
    return [
        TicketLine(t.connection, t.source_id, t.status, subject, url, t.last_customer_at, t.cluster_id)
        for t in tickets
        for subject, url in (texts.get(t.ticket_id, (None, None)),)
    ]


def currency_of(session: Session) -> str:
    """The currency in which value is counted."""
    return ranking.currency_of(session)
