"""Who handles tickets: suppliers, outsourced and insourced alike, and the groups that are theirs."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint, or_
from sqlmodel import Field, Session, SQLModel, col, select


class Supplier(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str


class GroupMap(SQLModel, table=True):
    """A help desk's group belongs to a supplier from ``valid_from`` up to, not including, ``valid_to``."""

    __tablename__ = "group_map"
    __table_args__ = (UniqueConstraint("group", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    group: str = Field(index=True)
    supplier_id: int = Field(foreign_key="supplier.id", index=True)
    valid_from: date | None = None
    valid_to: date | None = None


def all_suppliers(session: Session) -> list[Supplier]:
    return list(session.exec(select(Supplier).order_by(col(Supplier.id))))


def all_group_maps(session: Session) -> list[GroupMap]:
    return list(session.exec(select(GroupMap).order_by(col(GroupMap.id))))


def supplier_of(session: Session, group: str, day: date) -> Supplier | None:
    """Who the group belongs to on that day: None unless it is exactly one."""
    query = (
        select(Supplier)
        .join(GroupMap, col(GroupMap.supplier_id) == col(Supplier.id))
        .where(
            GroupMap.group == group,
            or_(col(GroupMap.valid_from).is_(None), col(GroupMap.valid_from) <= day),
            or_(col(GroupMap.valid_to).is_(None), col(GroupMap.valid_to) > day),
        )
        .limit(2)
    )
    found = list(session.exec(query))
    return found[0] if len(found) == 1 else None
