"""Which tickets a person may read the text of: the last row of the matrix of domain.md 6.4. Default: none."""

from __future__ import annotations

from datetime import UTC, datetime, time

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import Session, col, select

from bridge.service.access import Actor
from bridge.store.accounts import Account, AccountDomain, AccountExternalId
from bridge.store.suppliers import GroupMap
from bridge.store.tickets import Ticket
from bridge.words import Role


def readable_tickets(session: Session, actor: Actor) -> ColumnElement[bool]:
    """A condition over Ticket: connections granted to an agent, a supplier's own groups, a csm's own accounts."""
    if actor.role in (Role.PRODUCT_MANAGER, Role.SUPPLIER_MANAGER, Role.ADMIN):
        return true()
    if actor.role is Role.AGENT:
        return true() if actor.connections is None else col(Ticket.connection).in_(sorted(actor.connections))
    if actor.role is Role.CSM:
        return _kept(session, actor)
    return _of_supplier(session, actor)


def may_read(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor may read this ticket's text."""
    query = select(Ticket.id).where(Ticket.id == ticket.id, readable_tickets(session, actor))
    return session.exec(query).first() is not None


def _of_supplier(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Tickets in a group that was the supplier's on the day on which they were created."""
    if actor.supplier_id is None:
        return false()
    maps = session.exec(select(GroupMap).where(GroupMap.supplier_id == actor.supplier_id)).all()
    return or_(false(), *(_in_group(row) for row in maps))


def _in_group(row: GroupMap) -> ColumnElement[bool]:
    parts = [col(Ticket.group) == row.group]
    if row.valid_from:
        parts.append(col(Ticket.created_at) >= datetime.combine(row.valid_from, time.min, UTC))
    if row.valid_to:
        parts.append(col(Ticket.created_at) < datetime.combine(row.valid_to, time.min, UTC))
    return and_(*parts)


def _kept(session: Session, actor: Actor) -> ColumnElement[bool]:
    """Found once a session: a page asks for it several times, and it takes queries of its own."""
    found: dict[frozenset[int], ColumnElement[bool]] = session.info.setdefault("readable by accounts", {})
    if actor.accounts not in found:
        found[actor.accounts] = _of_accounts(session, actor)
    return found[actor.accounts]


def _of_accounts(session: Session, actor: Actor) -> ColumnElement[bool]:
    """By the desk's reference, or by a domain that is that account's alone."""
    own = sorted(actor.accounts)
    names = list(session.exec(select(Account.name).where(col(Account.id).in_(own))))
    external = select(AccountExternalId.external_id).where(col(AccountExternalId.account_id).in_(own))
    references = [*names, *session.exec(external)]
    shared = select(AccountDomain.domain).where(col(AccountDomain.account_id).not_in(own))
    domains = select(AccountDomain.domain).where(
        col(AccountDomain.account_id).in_(own), col(AccountDomain.domain).not_in(shared)
    )
    by_domain = and_(col(Ticket.account_ref).is_(None), col(Ticket.requester_domain).in_(list(session.exec(domains))))
    return or_(col(Ticket.account_ref).in_(references), by_domain)
