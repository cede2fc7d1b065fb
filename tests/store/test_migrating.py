"""How a migration runs: whole or not at all, and without losing what refers to an altered table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from bridge.store import migrate
from bridge.store.db import Database
from bridge.store.revision import current, head, migrations_folder
from tests.store.rows import count_rows, fill_every_table

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {head!r}


def upgrade():
    {body}


def downgrade():
    pass
"""


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    """A database at head with a row in every table."""
    database = Database(database_url)
    migrate.upgrade(database)
    fill_every_table(database)
    yield database
    database.dispose()


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Add a revision after head that does what is said."""

    def add(body: str) -> None:
        folder = tmp_path / "100% mine"  # a percent sign means something to configparser
        text = NEXT.format(head=head(), body=body)
        shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "next.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(migrate, "migrations_folder", lambda: folder)

    return add


def test_altering_a_table_keeps_the_rows_that_refer_to_it(filled: Database, following: Callable[[str], None]) -> None:
    before = count_rows(filled)
    following(
        "with op.batch_alter_table('ticket', recreate='auto') as batch:\n"
        "        batch.alter_column('group', existing_type=sa.String(), type_=sa.Text())\n"
        "        batch.create_check_constraint('named', \"source_id <> ''\")"
    )

    migrate.upgrade(filled)

    assert current(filled) == "next"
    assert count_rows(filled) == before
    assert before["message"] == 1


def test_a_migration_that_fails_changes_nothing(filled: Database, following: Callable[[str], None]) -> None:
    before, revision = count_rows(filled), current(filled)
    following(
        "op.create_table('half', sa.Column('id', sa.Integer))\n    op.execute('DELETE FROM embedding')\n    1 / 0"
    )

    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(filled)

    assert current(filled) == revision
    assert count_rows(filled) == before
    assert "half" not in inspect(filled.engine).get_table_names()


def test_a_migration_that_orphans_rows_is_refused(
    sqlite_url_filled: Database, following: Callable[[str], None]
) -> None:
    before = count_rows(sqlite_url_filled)
    following("op.execute('DELETE FROM ticket')")

    with pytest.raises(migrate.MigrationError, match=r"rows that refer to nothing in .*'message'.*nothing was changed"):
        migrate.upgrade(sqlite_url_filled)

    assert count_rows(sqlite_url_filled) == before


def test_foreign_keys_are_on_again_after_a_migration(filled: Database) -> None:
    migrate.upgrade(filled)

    if filled.is_sqlite:
        with filled.read() as session:
            assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


@pytest.fixture
def sqlite_url_filled(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'orphans.db'}")
    migrate.upgrade(database)
    fill_every_table(database)
    yield database
    database.dispose()
