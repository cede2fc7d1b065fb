"""A backup is whole, private, made while the bridge works, and marked."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.store import migrate
from bridge.store.backup import BackupError, backup, mark_restored
from bridge.store.db import Database
from bridge.store.revision import is_current
from bridge.store.sync import fact, set_fact


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
    migrate.upgrade(database)
    yield database
    database.dispose()


def test_the_copy_is_marked_and_the_original_is_not(migrated: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with migrated.write() as session:
        set_fact(session, "anchor", "2026-01-01")
    with migrated.write() as writing:
        set_fact(writing, "anchor", "not committed")
        writing.flush()
        backup(migrated, target)

    copy = Database(f"sqlite:///{target}")
    with copy.read() as session:
        assert fact(session, "restored") == "true"
        assert fact(session, "anchor") == "2026-01-01"
    assert is_current(copy)
    copy.dispose()
    with migrated.read() as session:
        assert fact(session, "restored") is None


def test_the_copy_is_one_private_file(migrated: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    backup(migrated, folder / "copy.db")

    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()] == [("copy.db", 0o600)]


def test_nothing_is_overwritten(migrated: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")

    with pytest.raises(BackupError, match=r"copy\.db is already there: name a new file"):
        backup(migrated, target)

    assert target.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(migrated: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"cannot write .*absent/copy\.db .*writable folder"):
        backup(migrated, tmp_path / "absent" / "copy.db")


def test_a_database_without_tables_has_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="run `bridge db upgrade` first"):
        backup(Database(f"sqlite:///{tmp_path / 'none.db'}"), tmp_path / "copy.db")

    assert list(tmp_path.iterdir()) == []


def test_postgres_has_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"pg_dump.*bridge db restored"):
        backup(Database("postgresql://nobody@127.0.0.1:1/none"), tmp_path / "copy")


def test_a_restored_database_of_either_kind_can_be_marked(db: Database) -> None:
    for _ in range(2):
        with db.write() as session:
            mark_restored(session)

    with db.read() as session:
        assert fact(session, "restored") == "true"
