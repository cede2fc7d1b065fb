"""Operating commands: exit codes, words that name file, section and key, JSON for programs, secrets that stay out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from bridge.cli.app import COMMANDS
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_queries import enqueue
from bridge.words import OutboxState
from tests.cli.conftest import Prepared
from tests.cli.running import inside, write_lines
from tests.connectors.redmine.fake import FakeRedmine
from tests.connectors.request_tracker.fake import TOKEN, FakeRequestTracker

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SECRET = "hunter2-hunter2"
NewHome = Callable[[str], Path]


def desk(url: str, more: str = "") -> str:
    return (
        f'[connections.desk]\ntype = "request_tracker"\nbase_url = "{url}"\nallow_http = true\n'
        f'allow_private_networks = ["127.0.0.0/8"]\n{more}'
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    ran = inside(command, "--help")

    assert (ran.code, ran.err) == (0, "")
    assert "Usage:" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        "nonsense",
        "sync --step nonsense",
        "clusters",
        "clusters nonsense",
        "clusters move T-1",
        "clusters list --limit 0",
    ],
)
def test_wrong_usage_ends_with_2(home: Path, words: str) -> None:
    assert inside("--home", home, *words.split()).code == 2


@pytest.mark.parametrize(
    ("config", "env", "said"),
    [
        ('[publish]\nmod = "x"\n', {}, ("config.toml", "section [publish]", "key 'mod'", "did you mean 'mode'?")),
        ("[publsh]\nmode = 1\n", {}, ("config.toml", "key 'publsh'", "did you mean 'publish'?")),
        ('[publish]\nmode = "x"\n', {}, ("section [publish]", "key 'mode'", "'approve' or 'automatic'")),
        ("[publish\n", {}, ("config.toml is not valid TOML", "line 1")),
        ("", {"BRIDGE__PUBLISH__MOD": "x"}, ("environment variable BRIDGE__PUBLISH__MOD", "key 'mod'")),
        ("", {"BRIDGE__DATABASE__URL_FILE": "nowhere"}, ("BRIDGE__DATABASE__URL_FILE names nowhere", "mend the path")),
        ('[connections.desk]\ntype = "fish"\n', {}, ("[connections.desk]", "key 'type'", "known are files")),
        (
            '[connections.d]\ntype = "files"\npath = "."\nfish = 1\n',
            {},
            ("[connections.d]", "key 'fish'", "unknown key"),
        ),
        ('[connections.d]\ntype = "files"\n', {}, ("[connections.d]", "key 'path'", "missing")),
        ('[connections.d]\ntype = "files"\npath = "."\ntimezone = "Mars"\n', {}, ("key 'timezone'", "Europe/Berlin")),
        (
            '[connections.d]\ntype = "files"\npath = "."\nroles = ["tracker"]\n',
            {},
            ("key 'roles'", "cannot be tracker"),
        ),
        (
            '[connections.d]\ntype = "files"\npath = "."\nstatus_map = {wip = "fish"}\n',
            {},
            ("[connections.d.status_map]", "key 'wip'", "'pending'", "'fish'"),
        ),
        ('[publish]\ntracker = "fish"\n', {}, ("section [publish]", "key 'tracker'", "'fish'")),
        (
            f'[database]\nurl = "postgresql://me:{SECRET}@127.0.0.1:1/x"\n',
            {},
            ("section [database]", "key 'url'", "BRIDGE__DATABASE__URL_FILE"),
        ),
        (desk("http://127.0.0.1:9", f'token = "{SECRET}"\n'), {}, ("key 'token'", "must not stand in config.toml")),
        (desk("http://127.0.0.1:9"), {}, ("key 'token'", "missing", "BRIDGE__CONNECTIONS__DESK__TOKEN_FILE")),
    ],
)
@pytest.mark.parametrize("command", ["status", "sync"])
def test_a_wrong_configuration_ends_with_3_and_names_the_place(
    home: Path, config: str, env: dict[str, str], said: tuple[str, ...], command: str
) -> None:
    (home / "config.toml").write_text(config, encoding="utf-8")
    ran = inside("--home", home, command, env=env)

    assert (ran.code, ran.out) == (3, ""), ran
    assert [words for words in said if words not in ran.err] == []
    assert SECRET not in ran.err


def test_a_model_that_is_not_there_fails_its_steps_and_no_other(home: Path) -> None:
    env = {"BRIDGE__MODEL__PATH": "nowhere"}
    status, sync = (inside("--home", home, command, env=env) for command in ("status", "sync"))

    assert (status.code, sync.code) == (0, 1), "the model in use serves, the one that is wished for is not there"
    for said in ("section [model]", "key 'path'", "does not exist"):
        assert said in sync.out
    assert "rank" in sync.out


@pytest.mark.parametrize("command", ["check", "status", "sync", "init", "db upgrade", "db downgrade base"])
def test_a_database_that_cannot_be_used_is_named_without_its_password(home: Path, command: str) -> None:
    away = inside(
        "--home", home, *command.split(), env={"BRIDGE__DATABASE__URL": f"postgresql://me:{SECRET}@127.0.0.1:1/x"}
    )
    (home / "bridge.db").write_bytes(b"no database at all" * 1000)
    broken = inside("--home", home, *command.split())

    assert (away.code, broken.code) == ((1, 1) if command == "check" else (3, 3))
    assert "connection refused" in (away.out + away.err).lower()
    assert "file is not a database" in broken.out + broken.err
    assert SECRET not in away.out + away.err
    assert "Traceback" not in away.err + broken.err


def test_a_folder_without_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    ran = inside("--home", tmp_path / "nowhere", "status")

    assert ran.code == 3
    assert f"bridge --home {tmp_path / 'nowhere'} init" in ran.err


def test_a_workspace_without_database_says_init(new_home: NewHome) -> None:
    ran = inside("--home", new_home(""), "sync")

    assert ran.code == 3
    assert "init" in ran.err


def test_init_twice_keeps_configuration_key_and_data(home: Path) -> None:
    (home / "config.toml").write_text('[workspace]\ncurrency = "EUR"\n', encoding="utf-8")
    before = (home / "workspace.key").read_bytes(), (home / "config.toml").read_bytes()
    ran = inside("--home", home, "init", "--yes")

    assert ran.code == 0
    assert "kept as it is" in ran.out
    assert ((home / "workspace.key").read_bytes(), (home / "config.toml").read_bytes()) == before
    assert inside("--home", home, "clusters", "list", "--json").json["clusters"]


def test_a_broken_workspace_key_is_said(home: Path, prepared: Prepared) -> None:
    (home / "workspace.key").write_text("fish")
    ran = inside("--home", home, "import", "tickets", prepared.folder / "T.csv")

    assert ran.code == 3
    assert "workspace.key holds no key" in ran.err


def test_import_tickets_needs_no_connection_and_refuses_what_is_no_file(home: Path, prepared: Prepared) -> None:
    file = prepared.folder / "T.csv"
    for words, said in (
        (("nowhere.csv",), "nowhere.csv is not there"),
        ((str(home),), "is no file"),
        ((str(file), "--timezone", "Mars"), "no time zone such as Europe/Berlin"),
        ((str(file), "--connection", "My Desk"), "lower-case letters"),
    ):
        ran = inside("--home", home, "import", "tickets", *words)
        assert (ran.code, ran.out) == (4, ""), ran
        assert said in ran.err
        assert "pydantic" not in ran.err


def test_an_import_leaves_the_cursor_of_a_configured_connection_alone(home: Path, prepared: Prepared) -> None:
    exports = home / "exports"
    exports.mkdir()
    write_lines(exports / "one.csv", ["id,created_at,subject", "E-1,2026-05-04T08:00:00Z,one"])
    (home / "config.toml").write_text('[connections.desk]\ntype = "files"\npath = "exports"\n', encoding="utf-8")
    assert inside("--home", home, "sync", "--step", "pull", "--json").json["steps"][0]["done"] == 1

    imported = inside("--home", home, "import", "tickets", prepared.folder / "T.csv", "--connection", "desk", "--json")
    again = inside("--home", home, "sync", "--step", "pull", "--json").json["steps"][0]

    assert (imported.code, imported.json["done"]) == (0, 40)
    assert (again["done"], again["skipped"], again["error"]) == (0, 0, None)


def test_check_finds_what_is_in_place(home: Path) -> None:
    found = inside("--home", home, "check", "--json")

    assert found.code == 0
    assert {row["what"] for row in found.json["checks"]} == {"configuration", "database", "model", "connections"}
    assert all(row["ok"] for row in found.json["checks"])


def test_check_with_a_wrong_token_says_what_to_mend_and_shows_no_token(home: Path) -> None:
    with FakeRequestTracker().api as api:
        (home / "config.toml").write_text(desk(api.url), encoding="utf-8")
        wrong = inside("--home", home, "check", env={"BRIDGE__CONNECTIONS__DESK__TOKEN": SECRET})
        right = inside("--home", home, "check", env={"BRIDGE__CONNECTIONS__DESK__TOKEN": TOKEN})

    assert (wrong.code, right.code) == (1, 0)
    [line] = [line for line in wrong.out.splitlines() if line.startswith("MEND")]
    assert "desk" in line
    assert "token" in line.lower()
    assert SECRET not in wrong.out + wrong.err


def test_a_failing_connection_ends_sync_with_1_and_leaves_the_rest_alone(home: Path) -> None:
    with FakeRedmine().api as api:
        (home / "config.toml").write_text(
            f'[connections.redmine]\ntype = "redmine"\nbase_url = "{api.url}"\nallow_http = true\n'
            'allow_private_networks = ["127.0.0.0/8"]\nproject = "shop"\n',
            encoding="utf-8",
        )
        ran = inside("--home", home, "sync", env={"BRIDGE__CONNECTIONS__REDMINE__API_KEY": SECRET})
        status = inside("--home", home, "status", env={"BRIDGE__CONNECTIONS__REDMINE__API_KEY": SECRET})

    assert (ran.code, status.code) == (1, 1)
    assert "track redmine" in ran.out
    assert "error: redmine" in ran.out
    assert "nothing was left to do" not in ran.out
    assert "MEND" in status.out
    assert SECRET not in ran.out + ran.err + status.out


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (
            "status --json",
            {"tickets", "clusters", "accounts", "streams", "set_aside", "outbox", "last_ranking", "database"},
        ),
        ("check --json", {"checks"}),
        ("sync --json", {"steps"}),
        ("clusters list --json", {"clusters", "thin_evidence_not_shown"}),
        ("clusters show 1 --json", {"id", "rank", "title", "score", "members", "history", "phrases", "tracker"}),
        ("remedy show 1 --json", {"id", "title", "state", "history"}),
        ("outbox list --json", {"counts", "rows"}),
        ("aside list --json", {"set_aside"}),
        ("export ranking --json", {"as_of", "config_version", "clusters"}),
    ],
)
def test_json_is_one_document_and_nothing_else(home: Path, words: str, keys: set[str]) -> None:
    ran = inside("--home", home, *words.split())

    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out).keys() >= keys


def test_status_tells_people_the_same(home: Path) -> None:
    ran = inside("--home", home, "status")

    assert ran.code == 0
    assert "40 (" in ran.out
    assert "ranking    as of" in ran.out


def _dead(home: Path) -> None:
    db = Database(f"sqlite:///{home / 'bridge.db'}")
    try:
        with db.write() as session:
            for number in range(3):
                row = enqueue(
                    session, key=f"k{number}", stream="s", kind="create_issue", connection="t", payload={}, at=AT
                )
                assert row is not None
                if number < 2:
                    row.state, row.error = OutboxState.DEAD.value, "410 gone"
    finally:
        db.dispose()


def test_dead_writes_are_shown_retried_and_discarded(home: Path) -> None:
    _dead(home)
    status = inside("--home", home, "status")
    assert status.code == 1
    assert "410 gone" in status.out

    listed = inside("--home", home, "outbox", "list", "--json").json
    assert listed["counts"] == {"dead": 2, "pending": 1}
    assert {row["state"] for row in listed["rows"]} == {"dead", "pending"}
    assert "410 gone" in inside("--home", home, "outbox", "list").out

    assert inside("--home", home, "outbox", "retry", 1).code == 0
    assert inside("--home", home, "outbox", "discard", 2, "--reason", "no longer wanted").code == 0
    for words, said in (
        (("retry", 2), "only a dead row can be retried"),
        (("discard", 2), "only a dead or pending row"),
    ):
        refused = inside("--home", home, "outbox", *words)
        assert refused.code == 4
        assert said in refused.err
    assert inside("--home", home, "outbox", "list", "--json").json["counts"] == {"discarded": 1, "pending": 2}
    assert inside("--home", home, "status").code == 0


def test_backup_and_its_way_back(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    before = inside("--home", home, "clusters", "list", "--json").out
    assert inside("--home", home, "db", "backup", copy).code == 0
    again = inside("--home", home, "db", "backup", copy)
    assert again.code == 4
    assert "already there" in again.err

    for leftover in home.glob("bridge.db*"):
        leftover.unlink()
    copy.rename(home / "bridge.db")
    assert inside("--home", home, "db", "restored").code == 0
    assert inside("--home", home, "clusters", "list", "--json").out == before


def test_the_database_goes_down_and_up_again(home: Path) -> None:
    unknown = inside("--home", home, "db", "downgrade", "4711")
    assert unknown.code == 4
    assert "4711" in unknown.err

    assert inside("--home", home, "db", "downgrade", "base").code == 0
    assert inside("--home", home, "status").code == 3
    assert inside("--home", home, "db", "upgrade").code == 0
    assert inside("--home", home, "status").code == 0
    db = Database(f"sqlite:///{home / 'bridge.db'}")
    try:
        with db.read() as session:
            assert session.exec(select(OutboxRow)).all() == []
    finally:
        db.dispose()
