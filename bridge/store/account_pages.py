"""What pages read of accounts: filtered, sorted and paged by the database, segments and values worked out there too.

Rule: a segment or a value here is what the ranking makes of the account (analysis/resolution.py, analysis/value.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, case, cast, false, func, literal, or_, select
from sqlmodel import Session, col

from bridge.store.accounts import Account, AccountDomain, AccountExternalId, Segment
from bridge.store.clusters import Cluster, Membership
from bridge.store.tickets import Ticket
from bridge.words import Lifecycle, TicketStatus

OPEN = tuple(status.value for status in TicketStatus if status.is_open)


@dataclass(frozen=True, slots=True)
class Columns:
    """Worked out of the segments that there are: in whose segment, worth how much, and by default or known."""

    segment: ColumnElement[str]
    tier: ColumnElement[str]
    value: ColumnElement[float]
    imputed: ColumnElement[bool]


def columns(segments: Sequence[Segment], today: date) -> Columns:
    known = col(Account.arr) * func.coalesce(col(Account.margin), 1.0)
    holds = [(_holds(segment, known, [s.name for s in segments]), segment) for segment in segments]
    last = segments[-1] if segments else None
    name = _case([(when, s.name) for when, s in holds], last.name if last else "")
    default = _case([(when, s.value_default) for when, s in holds], last.value_default if last else 0.0)
    own_tier = _case([(when, s.expectation_tier) for when, s in holds], last.expectation_tier if last else "standard")
    active = col(Account.lifecycle) == Lifecycle.ACTIVE.value
    expires = col(Account.strategic_expires)
    uplift = case((or_(expires.is_(None), expires >= today), col(Account.strategic_uplift)), else_=0.0)
    return Columns(
        segment=name,
        tier=func.coalesce(col(Account.expectation_tier), own_tier),
        value=case((active, func.coalesce(known, default) + uplift), else_=0.0),
        imputed=and_(active, col(Account.arr).is_(None)),
    )


def _case(pairs: list[tuple[ColumnElement[bool], Any]], otherwise: Any) -> ColumnElement[Any]:
    return case(*pairs, else_=literal(otherwise)) if pairs else literal(otherwise)


def _holds(segment: Segment, known: ColumnElement[Any], names: list[str]) -> ColumnElement[bool]:
    """The import's word wins where it names a segment that there is."""
    named = col(Account.segment_named)
    own = named == segment.name
    unnamed = or_(named.is_(None), named.not_in(names))
    return or_(own, and_(unnamed, *(_met(key, wanted, known) for key, wanted in segment.rule.items())))


def _met(key: str, wanted: Any, known: ColumnElement[Any]) -> ColumnElement[bool]:
    """A condition of analysis/segment_rules.py; one that nobody knows is met by nothing."""
    amounts: dict[str, Any] = {"value_at_least": known, "growth_at_least": col(Account.growth_pipeline)}
    if key in amounts:
        return func.coalesce(amounts[key] >= wanted, false())
    if key == "language":
        held = cast(col(Account.languages), Text)
        return or_(false(), *(held.contains(json.dumps(one), autoescape=True) for one in wanted))
    words: dict[str, Any] = {
        "region": col(Account.region),
        "tier": col(Account.expectation_tier),
        "risk_band": col(Account.risk_band),
        "lifecycle": col(Account.lifecycle),
        "required_location": col(Account.required_location),
    }
    return func.coalesce(words[key].in_(wanted), false()) if key in words else false()


def page(
    session: Session,
    made: Columns,
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    *,
    limit: int,
    offset: int,
) -> list[Row[Any]]:
    """(Account, segment, tier, value, imputed) of one page."""
    query = select(Account, made.segment, made.tier, made.value, made.imputed).where(*conditions)
    return list(session.execute(query.order_by(*order, col(Account.id)).limit(limit).offset(offset)))


def sums(
    session: Session, made: Columns, stale_before: datetime, *conditions: ColumnElement[bool]
) -> tuple[int, float, int, float, int]:
    """(accounts, value, imputed accounts, imputed value, stale accounts) of those that meet the conditions."""
    one = case((made.imputed, 1), else_=0)
    query = select(
        func.count(),
        func.coalesce(func.sum(made.value), 0.0),
        func.coalesce(func.sum(one), 0),
        func.coalesce(func.sum(case((made.imputed, made.value), else_=0.0)), 0.0),
        func.coalesce(func.sum(case((col(Account.as_of) < stale_before, 1), else_=0)), 0),
    ).select_from(Account)
    found = session.execute(query.where(*conditions)).one()
    return found[0], found[1], found[2], found[3], found[4]


def by_segment(session: Session, made: Columns) -> dict[str, tuple[int, float, int, float]]:
    """Segment -> (accounts, value, imputed accounts, imputed value)."""
    query = select(
        made.segment.label("held"),
        func.count(),
        func.sum(made.value),
        func.sum(case((made.imputed, 1), else_=0)),
        func.sum(case((made.imputed, made.value), else_=0.0)),
    ).group_by("held")
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class TicketOf:
    """A live ticket of one of the accounts that were asked for."""

    account_id: int
    ticket_id: int
    connection: str
    source_id: str
    status: str
    last_customer_at: datetime
    cluster_id: int | None
    title: str | None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


def tickets_of(session: Session, account_ids: Sequence[int]) -> list[TicketOf]:
    """By the desk's reference, else by a domain that is the account's alone; the newest first."""
    names = {name: id_ for id_, name in session.execute(_of(Account.id, Account.name, Account.id, account_ids))}
    external = _of(
        AccountExternalId.account_id, AccountExternalId.external_id, AccountExternalId.account_id, account_ids
    )
    references = names | {value: id_ for id_, value in session.execute(external)}
    domains = _own_domains(session, account_ids)
    of_ticket: Any = (Ticket.id, Ticket.connection, Ticket.source_id, Ticket.status, Ticket.last_customer_at)
    others: Any = (Membership.cluster_id, Cluster.title, Ticket.account_ref, Ticket.requester_domain)
    query = (
        select(*of_ticket, *others)
        .outerjoin(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .outerjoin(Cluster, col(Cluster.id) == col(Membership.cluster_id))
        .where(
            col(Ticket.deleted_at).is_(None),
            col(Ticket.merged_into).is_(None),
            or_(
                col(Ticket.account_ref).in_(list(references)),
                and_(col(Ticket.account_ref).is_(None), col(Ticket.requester_domain).in_(list(domains))),
            ),
        )
        .order_by(col(Ticket.last_customer_at).desc(), col(Ticket.id))
    )
    found = []
    for row in session.execute(query):
        id_ = references.get(row[7]) if row[7] else domains.get(row[8])
        found.append(TicketOf(id_ or 0, *row[:7]))
    return found


def _of(id_: Any, value: Any, key: Any, account_ids: Sequence[int]) -> Any:
    return select(id_, value).where(col(key).in_(account_ids))


def _own_domains(session: Session, account_ids: Sequence[int]) -> dict[str, int]:
    domains = select(col(AccountDomain.domain)).where(col(AccountDomain.account_id).in_(account_ids))
    query = (
        select(col(AccountDomain.domain), func.min(AccountDomain.account_id))
        .where(col(AccountDomain.domain).in_(domains))
        .group_by(col(AccountDomain.domain))
        .having(func.count() == 1)
    )
    return {row[0]: row[1] for row in session.execute(query)}
