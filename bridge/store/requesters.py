"""Requesters whom no account may claim: who they are by name and domain, and what people said of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func
from sqlmodel import Session, col, select

from bridge.store.accounts import Account, AccountDomain, AccountExternalId, DomainRuling
from bridge.store.tickets import Ticket
from bridge.words import TicketStatus

OPEN = tuple(status.value for status in TicketStatus if status.is_open)


@dataclass(frozen=True, slots=True)
class Requesters:
    """Live tickets with one name (as desks say it) and one domain."""

    account_ref: str | None
    domain: str | None
    tickets: int
    open_tickets: int
    last_at: datetime


def rulings(session: Session) -> dict[str, str]:
    """Domain -> verdict."""
    return dict(session.exec(select(DomainRuling.domain, DomainRuling.verdict)).all())


def reference_pairs(session: Session, as_of: datetime) -> list[tuple[str, str]]:
    """Each pair of (account as a desk says it, domain) that a live ticket created by then shows."""
    query = select(Ticket.account_ref, Ticket.requester_domain).where(
        col(Ticket.deleted_at).is_(None),
        col(Ticket.account_ref).is_not(None),
        col(Ticket.requester_domain).is_not(None),
        col(Ticket.created_at) <= as_of,
    )
    return [(ref or "", domain or "") for ref, domain in session.exec(query.distinct())]


def requesters(session: Session) -> list[Requesters]:
    """All, claimed or not."""
    counts: Any = (
        func.count(),
        func.sum(case((col(Ticket.status).in_(OPEN), 1), else_=0)),
        func.max(col(Ticket.last_customer_at)),
    )
    query = (
        select(Ticket.account_ref, Ticket.requester_domain, *counts)
        .where(col(Ticket.deleted_at).is_(None), col(Ticket.merged_into).is_(None))
        .group_by(col(Ticket.account_ref), col(Ticket.requester_domain))
    )
    return [Requesters(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person said: ``kind`` is domain, name or ruling; ``value`` the domain, or the name as the desk has it."""

    kind: str
    value: str
    account_id: int | None
    account: str | None
    verdict: str
    by: str


def by_hand(session: Session) -> list[ByHand]:
    domains = select(AccountDomain.domain, Account.id, Account.name, AccountDomain.said_by)
    domains = domains.where(AccountDomain.account_id == Account.id, col(AccountDomain.said_by).is_not(None))
    names = select(AccountExternalId.external_id, Account.id, Account.name, AccountExternalId.said_by)
    names = names.where(AccountExternalId.account_id == Account.id, col(AccountExternalId.said_by).is_not(None))
    found = [ByHand("domain", value, id_, name, "account", by or "") for value, id_, name, by in session.exec(domains)]
    found += [ByHand("name", value, id_, name, "account", by or "") for value, id_, name, by in session.exec(names)]
    found += [ByHand("ruling", r.domain, None, None, r.verdict, r.by) for r in session.exec(select(DomainRuling))]
    return sorted(found, key=lambda one: (one.account or "", one.kind, one.value))


def give(session: Session, account_id: int, domains: list[str], names: list[str], by: str) -> None:
    """These domains and names are the account's alone, whatever was known of them."""
    for table, field, values in (
        (AccountDomain, AccountDomain.domain, domains),
        (AccountExternalId, AccountExternalId.external_id, names),
    ):
        session.execute(delete(table).where(col(field).in_(values)))
    session.execute(delete(DomainRuling).where(col(DomainRuling.domain).in_(domains)))
    session.add_all(AccountDomain(domain=d, account_id=account_id, said_by=by) for d in domains)
    session.add_all(AccountExternalId(external_id=n, account_id=account_id, said_by=by) for n in names)
    session.flush()


def rule(session: Session, domains: list[str], verdict: str, by: str, at: datetime) -> None:
    for domain in domains:
        session.merge(DomainRuling(domain=domain, verdict=verdict, by=by, at=at))
    session.flush()


def take_back(session: Session, one: ByHand) -> None:
    if one.kind == "ruling":
        session.execute(delete(DomainRuling).where(col(DomainRuling.domain) == one.value))
    elif one.kind == "domain":
        session.execute(
            delete(AccountDomain).where(col(AccountDomain.domain) == one.value, col(AccountDomain.said_by).is_not(None))
        )
    else:
        session.execute(delete(AccountExternalId).where(col(AccountExternalId.external_id) == one.value))
