"""The demo is the whole loop, once: a second run does every step, reports nothing done and changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, inside, typed

STEPS = (
    "pull helpdesk",
    "relearn",
    "embed",
    "group",
    "rank",
    "alert",
    "publish tracker",
    "deliver",
    "track tracker",
    "plan",
    "push",
    "digest",
)
TELLING = {"alert", "digest"}
"""Whether there is something to tell depends on the day."""
LINE = re.compile(
    r"^(?P<step>[a-z]+(?: [a-z]+)?) +(?P<done>\d+) done, (\d+) unchanged, (?P<failed>\d+) set aside or failed"
)
LEGITIMATE = {"last_success_at", "epoch"}
"""What a run without work may change: the time of the last good pull, and how often a step's lease changed hands."""


@dataclass(frozen=True)
class Seen:
    files: dict[str, str]
    rows: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Played:
    home: Path
    first: Ran
    second: Ran
    before: Seen
    after: Seen


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo")
    first = typed("demo", cwd=folder, timeout=580)
    home = folder / "demo-workspace"
    before = seen(home)
    second = typed("demo", cwd=folder)
    return Played(home, first, second, before, seen(home))


def seen(home: Path) -> Seen:
    files = {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.startswith("bridge.db")
    }
    with closing(sqlite3.connect(home / "bridge.db")) as connection:
        connection.row_factory = sqlite3.Row
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {
            table: [
                {name: row[name] for name in row.keys() if name not in LEGITIMATE}  # noqa: SIM118  a Row yields values
                for row in connection.execute(f'SELECT * FROM "{table}"')
            ]
            for table in tables
        }
    return Seen(files, rows)


def reports(ran: Ran) -> list[tuple[str, int, int]]:
    found = [LINE.match(line) for line in ran.out.splitlines()]
    return [(match["step"], int(match["done"]), int(match["failed"])) for match in found if match]


def test_both_runs_end_well(played: Played) -> None:
    for ran in (played.first, played.second):
        assert (ran.code, ran.err) == (0, "")


def test_the_table_of_ranked_issues_is_shown(played: Played) -> None:
    lines = played.first.out.splitlines()
    [head] = [line for line in lines if line.split()[:2] == ["rank", "id"]]

    assert re.split(r" {2,}", head.strip()) == ["rank", "id", "title", "value at risk", "accounts", "tickets", "state"]
    assert sum(bool(re.match(r" +\d+ +IB-\d+ ", line)) for line in lines) == 20


def test_it_says_where_things_lie_and_what_to_do_next(played: Played) -> None:
    for said in (
        "files in demo-workspace/tracker",
        "notes in demo-workspace/remedies.jsonl",
        "of the true issues found",
        "merged pairs are wrong",
        "bridge --home my-company init",
        "bridge --home my-company import tickets",
    ):
        assert said in played.first.out


def test_the_first_run_does_every_step(played: Played) -> None:
    done = Counter[str]()
    for step, count, failed in reports(played.first):
        done[step] += count
        assert failed == 0

    assert {step for step in STEPS if done[step]} - TELLING == set(STEPS) - TELLING


def test_published_issues_are_files_one_each(played: Played) -> None:
    links = played.before.rows["tracker_link"]
    files = list((played.home / "tracker").glob("*.md"))

    assert len(files) == len(links) >= 10
    assert f"published issues: {len(links)} files" in played.first.out
    for link in links:
        assert len([path for path in files if path.name.startswith(f"{link['remote_id']}__")]) == 1


def test_every_open_member_ticket_has_each_remedy_exactly_once(played: Played) -> None:
    rows = played.before.rows
    opened = {t["id"]: t["source_id"] for t in rows["ticket"] if t["status"] not in {"solved", "closed"}}
    told = {plan["cluster_id"] for plan in rows["remedy_plan"] if plan["approved_revision"] is not None}
    owed = [opened[m["ticket_id"]] for m in rows["membership"] if m["cluster_id"] in told and m["ticket_id"] in opened]
    lines = (played.home / "remedies.jsonl").read_text(encoding="utf-8").splitlines()
    notes = [note for note in map(json.loads, lines) if "text" in note]

    assert len(told) == 3
    assert len(owed) >= len(told)
    assert Counter(note["ticket"] for note in notes) == Counter(owed)
    assert len({note["key"] for note in notes}) == len(notes)


def test_the_second_run_does_every_step_and_reports_zero_done(played: Played) -> None:
    found = reports(played.second)

    assert {step for step, _, _ in found} == set(STEPS)
    assert [(step, done, failed) for step, done, failed in found if done or failed] == []


def test_the_second_run_changes_nothing(played: Played) -> None:
    """Neither a file (the dates of the sample stay where the first run put them) nor a row."""
    assert played.after.files == played.before.files
    changed = [name for name, rows in played.before.rows.items() if played.after.rows[name] != rows]
    assert changed == []


def test_it_leaves_a_workspace_of_ones_own_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[workspace]\n", encoding="utf-8")
    ran = inside("--home", tmp_path, "demo")

    assert ran.code == 4
    assert "run the demo in another folder" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]
