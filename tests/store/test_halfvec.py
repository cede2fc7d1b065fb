"""Vectors come back to the last bit from either database; where PostgreSQL cannot hold them, it is said at once."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from sqlalchemy import text
from sqlmodel import select

from bridge.store import migrate
from bridge.store.db import Database
from bridge.store.vectors import Vector, models, packed_vectors, save_vectors
from tests.services.postgres import PostgresServer

DIM = 15_872
"""A quarter of all finite halves; pgvector takes up to 16,000."""


def test_every_finite_half_comes_back_to_the_last_bit(db: Database) -> None:
    bits = np.arange(2**16, dtype="<u2")
    halves = bits[np.isfinite(bits.view("<f2"))].reshape(-1, DIM)
    stored = {f"{row:064d}": part.tobytes() for row, part in enumerate(halves)}
    with db.write() as session:
        save_vectors(session, "m", list(stored.items()))
    with db.read() as session:
        assert packed_vectors(session, "m", list(stored)) == stored
        inner = select(Vector.content_hash, Vector.data).subquery()
        assert dict(session.execute(select(inner.c.content_hash, inner.c.data)).all()) == stored
        (size,) = models(session)
    assert (size.vectors, size.dim, size.bytes) == (4, DIM, 4 * (2 * DIM + 8))


@pytest.mark.parametrize("backend", ["postgres"])
def test_postgres_finds_the_nearest_by_itself(db: Database) -> None:
    rows = np.eye(3, dtype="<f2")
    with db.write() as session:
        save_vectors(session, "m", [(str(number), row.tobytes()) for number, row in enumerate(rows)])
    with db.read() as session:
        order = text("SELECT content_hash FROM embedding ORDER BY data <=> '[0.1,0.9,0.2]'::halfvec")
        assert list(session.execute(order).scalars()) == ["1", "2", "0"]


@pytest.mark.parametrize("backend", ["postgres"])
def test_vectors_survive_the_change_of_their_type_and_damaged_ones_do_not_stop_it(database_url: str) -> None:
    db = Database(database_url)
    migrate.upgrade(db, "0003")
    good, infinite = np.array([0.25, -3], dtype="<f2").tobytes(), np.array([np.inf], dtype="<f2").tobytes()
    with db.write() as session:
        for name, data in (("good", good), ("infinite", infinite), ("odd", b"123"), ("empty", b"")):
            row = {"m": "m", "h": name, "d": data, "c": zlib.crc32(data)}
            session.execute(text("INSERT INTO vector (model, content_hash, data, crc) VALUES (:m, :h, :d, :c)"), row)
    migrate.upgrade(db)
    with db.read() as session:
        assert [(v.content_hash, v.data) for v in session.exec(select(Vector))] == [("good", good)]
    migrate.downgrade(db, "0003")
    with db.read() as session:
        kept = session.execute(text("SELECT content_hash, data FROM vector")).one()
        assert (kept.content_hash, bytes(kept.data)) == ("good", good)
    db.dispose()


def test_a_user_who_may_not_make_extensions_is_told_whom_to_ask(postgres: PostgresServer) -> None:
    name = postgres.create()
    admin = Database(postgres.url(name))
    try:
        with admin.write() as session:
            session.execute(text("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
        guest = Database(admin.url.set(username="guest", password="guest").render_as_string(hide_password=False))
        with pytest.raises(migrate.MigrationError, match=r'guest may not make extensions.*"CREATE EXTENSION vector"'):
            migrate.upgrade(guest)
        guest.dispose()
    finally:
        with admin.write() as session:
            session.execute(text("DROP ROLE IF EXISTS guest"))
        admin.dispose()
        postgres.drop(name)
