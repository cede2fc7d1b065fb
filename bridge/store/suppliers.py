"""Who handles tickets: suppliers, outsourced and insourced alike, and the groups that are theirs."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel


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
