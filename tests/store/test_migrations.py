"""The schema that the migrations make is the schema of the models, from wherever one starts."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bridge.store import migrate
from bridge.store.db import Database
from bridge.store.revision import current, head, is_current, migrations_folder
from bridge.store.tables import metadata
from tests.store.rows import count_rows, fill_every_table

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions()][::-1]
POSTGRES_NAME = 63


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def test_alembic_finds_no_difference_between_head_and_the_models(empty: Database) -> None:
    migrate.upgrade(empty)

    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_head_is_what_create_all_makes_to_the_names_of_the_constraints(empty: Database, db: Database) -> None:
    migrate.upgrade(empty)

    migrated, made = _schema(empty), _schema(db)
    assert set(metadata.tables) == set(migrated)
    assert made == migrated


def test_constraint_names_fit_postgres_and_are_all_there() -> None:
    for table in metadata.tables.values():
        names = [*(c.name for c in table.constraints), *(i.name for i in table.indexes)]
        assert all(names)
        assert max(len(str(name)) for name in names) <= POSTGRES_NAME


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_every_revision_arrive_at_head(empty: Database, revision: str) -> None:
    migrate.upgrade(empty, revision)
    filled = fill_every_table(empty)
    assert filled

    migrate.upgrade(empty)

    assert is_current(empty)
    after = count_rows(empty)
    assert {table: after[table] for table in filled if table in after} == {
        t: n for t, n in filled.items() if t in after
    }


@pytest.mark.parametrize("revision", ["base", *REVISIONS[:-1]])
def test_down_and_up_again(empty: Database, revision: str) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty, revision)
    assert current(empty) == (None if revision == "base" else revision)
    if revision == "base":
        assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}

    migrate.upgrade(empty)

    assert set(_schema(empty)) == set(metadata.tables)


def test_upgrading_twice_changes_nothing(empty: Database) -> None:
    assert current(empty) is None
    assert not is_current(empty)

    migrate.upgrade(empty)
    filled = fill_every_table(empty)
    migrate.upgrade(empty)

    assert current(empty) == head() == REVISIONS[-1]
    assert count_rows(empty) == filled


def test_two_processes_upgrade_at_once(database_url: str) -> None:
    program = (
        "import sys; from bridge.store import migrate; from bridge.store.db import Database;"
        "db = Database(sys.argv[1]); print('ready', flush=True); sys.stdin.readline(); migrate.upgrade(db)"
    )
    command = [sys.executable, "-c", program, database_url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, cwd=Path(__file__).parents[2], **pipes) for _ in range(2)]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        errors = [process.communicate(timeout=60)[1] for process in processes]
        assert [process.returncode for process in processes] == [0, 0], errors
    finally:
        for process in processes:
            process.kill()
            process.wait()
    database = Database(database_url)
    assert is_current(database)
    database.dispose()


def test_a_new_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    database = Database(f"sqlite:///{path}")
    assert current(database) is None
    assert not path.exists()

    migrate.upgrade(database)
    with database.write() as session:
        session.execute(text("UPDATE data_version SET n = n"))
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}

    assert files == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    database.dispose()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(migrate.MigrationError, match=r"make the folder .*absent first"):
        migrate.upgrade(Database(f"sqlite:///{tmp_path / 'absent' / 'new.db'}"))


def test_an_unknown_target_is_refused(empty: Database) -> None:
    with pytest.raises(migrate.MigrationError, match=r"cannot go to revision 'nonsense'.*name a known one"):
        migrate.upgrade(empty, "nonsense")


def test_a_database_of_a_newer_version_is_refused(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert not is_current(empty)
    for move in (migrate.upgrade, lambda db: migrate.downgrade(db, "base")):
        with pytest.raises(migrate.MigrationError, match="revision 9999, which this version does not know"):
            move(empty)


def test_an_installed_package_carries_its_migrations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert migrations_folder() == Path(__file__).parents[2] / "migrations"
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "env.py").touch()
    monkeypatch.setattr("bridge.store.revision.PACKAGE", tmp_path)

    assert migrations_folder() == tmp_path / "migrations"


def _schema(db: Database) -> dict[str, Any]:
    inspector = inspect(db.engine)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)},
            "primary": inspector.get_pk_constraint(table),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "foreign": sorted(map(str, inspector.get_foreign_keys(table))),
            "indexes": sorted(str(_with_words(index)) for index in inspector.get_indexes(table)),
            "keeps used ids": _keeps_used_ids(db, table),
            "triggers": _triggers(db, table),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _with_words(index: Any) -> dict[str, Any]:
    """A condition of an index is compared by its words, not as an object."""
    return {**index, "dialect_options": {key: str(value) for key, value in index.get("dialect_options", {}).items()}}


def _keeps_used_ids(db: Database, table: str) -> bool:
    if not db.is_sqlite:
        return True
    with db.read() as session:
        sql = session.execute(text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table}).scalar_one()
    return "AUTOINCREMENT" in sql


def _triggers(db: Database, table: str) -> list[str]:
    """Their definitions; on PostgreSQL with the body of what they run."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY sql"
    if not db.is_sqlite:
        query = (
            "SELECT pg_get_triggerdef(t.oid) || p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = CAST(:table AS regclass) AND NOT t.tgisinternal ORDER BY 1"
        )
    with db.read() as session:
        found = session.execute(text(query), {"table": table if db.is_sqlite else f'"{table}"'})
        return list(found.scalars())
