"""Vectors of 16-bit floats: ``halfvec`` of pgvector on PostgreSQL, plain bytes on SQLite.

Rule: whoever reads or writes sees the same bytes on both, to the last bit: float16, little endian.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Integer, LargeBinary, MetaData, event, text
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType
from sqlmodel import SQLModel

_SENT_HEAD = 4
"""Bytes of the dimension and of a reserved word before the numbers in what ``halfvec_send`` gives
(https://github.com/pgvector/pgvector, src/halfvec.c)."""


class HalfVec(UserDefinedType[Any]):
    """pgvector's type, of any dimension."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "halfvec"


postgresql.ischema_names["halfvec"] = HalfVec


class PackedVector(TypeDecorator[bytes]):
    """Takes and gives float16, little endian, packed. PostgreSQL takes finite numbers only."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(LargeBinary() if dialect.name == "sqlite" else HalfVec())

    def bind_processor(self, dialect: Dialect) -> Callable[[bytes | None], Any] | None:
        return super().bind_processor(dialect) if dialect.name == "sqlite" else as_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bytes | None] | None:
        return super().result_processor(dialect, coltype) if dialect.name == "sqlite" else _as_packed

    def column_expression(self, column: ColumnElement[bytes]) -> ColumnElement[bytes]:
        return _Sent(column, type_=self)


def as_text(packed: bytes | None) -> str | None:
    """A packed vector as pgvector reads it. The shortest decimals of the doubles name each half exactly."""
    return None if packed is None else f"[{','.join(map(repr, struct.unpack(f'<{len(packed) // 2}e', packed)))}]"


def _as_packed(sent: bytes | None) -> bytes | None:
    if sent is None:
        return None
    numbers = array("H", bytes(sent[_SENT_HEAD:]))
    numbers.byteswap()
    return numbers.tobytes()


class _Sent(FunctionElement[bytes]):
    """A vector in the bytes in which the database sends it: as text it would be four times as long."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[bytes], type_: TypeEngine[bytes]) -> None:
        super().__init__(column)
        self.type = type_


class packed_length(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """How many bytes a packed vector has."""

    inherit_cache = True
    type = Integer()


@compiles(_Sent)
def _plain(element: _Sent, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Sent, "postgresql")
def _send(element: _Sent, compiler: Any, **options: Any) -> str:
    return f"halfvec_send({compiler.process(element.clauses, **options)})"


@compiles(packed_length)
def _bytes(element: packed_length, compiler: Any, **options: Any) -> str:
    return f"length({compiler.process(element.clauses, **options)})"


@compiles(packed_length, "postgresql")
def _dims(element: packed_length, compiler: Any, **options: Any) -> str:
    return f"(2 * vector_dims({compiler.process(element.clauses, **options)}))"


def _make_extension(_tables: MetaData, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))


event.listen(SQLModel.metadata, "before_create", _make_extension)
