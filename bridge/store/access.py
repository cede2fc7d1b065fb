"""The people who may decide, by name and role."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    __tablename__ = "app_user"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str
    supplier_id: int | None = Field(default=None, foreign_key="supplier.id")
    disabled: bool = False
