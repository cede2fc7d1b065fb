"""What the tickets of each issue say they are about, and whose groups have them: one query over all live tickets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, literal, union_all
from sqlmodel import Session, col, select

from bridge.store.clusters import Membership
from bridge.store.memberships import is_live
from bridge.store.suppliers import GroupMap, Supplier
from bridge.store.tickets import Ticket

AREA, TYPE, GROUP = "area", "type", "group"


def said(session: Session) -> Iterator[tuple[int, str, str, int]]:
    """(cluster, AREA | TYPE | GROUP, word, customers who say it). A customer is told apart by what the desk says."""
    customer = func.coalesce(Ticket.account_ref, Ticket.requester_domain, Ticket.requester_key, Ticket.source_id)
    parts = []
    for name, column in ((AREA, col(Ticket.area)), (TYPE, col(Ticket.type)), (GROUP, col(Ticket.group))):
        part = (
            select(col(Membership.cluster_id), literal(name), column, func.count(customer.distinct()))
            .join(Ticket, col(Ticket.id) == col(Membership.ticket_id))
            .where(column.is_not(None), *is_live())
            .group_by(col(Membership.cluster_id), column)
        )
        parts.append(part)
    for cluster_id, name, word, customers in session.execute(union_all(*parts)):
        yield cluster_id, name, word, customers


def suppliers_by_group(session: Session, on: date) -> dict[str, str]:
    """Group -> the supplier that it belongs to on that day; a group of two belongs to none."""
    query = select(GroupMap, Supplier.name).join(Supplier, col(Supplier.id) == col(GroupMap.supplier_id))
    found: dict[str, set[str]] = {}
    for row, name in session.exec(query):
        if (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or row.valid_to > on):
            found.setdefault(row.group, set()).add(name)
    return {group: next(iter(names)) for group, names in found.items() if len(names) == 1}
