"""Vectors, the truth of what has been embedded: float16 little endian, one a (model, text)."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel


class Vector(SQLModel, table=True):
    model: str = Field(primary_key=True)
    content_hash: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
