"""Exports as they really come: clear words about what is wrong and where, nothing lost, memory bounded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bridge.store.db import Database
from bridge.store.tickets import Ticket
from tests.cli.running import Ran, environment, inside

HEAD = "id,created_at,subject,body\n"
MOST_MEMORY = 600 << 20
BIG_FILE = 200 << 20


def good(number: int) -> str:
    return f"K-{number},2026-05-04T08:00:00Z,Good {number},fine\n"


def line(**values: Any) -> str:
    return json.dumps({"id": "J-1", "created_at": "2026-05-04T08:00:00Z", "subject": "s", **values}) + "\n"


@pytest.fixture(scope="module")
def _empty_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("garbage") / "W"
    assert inside("--home", home, "init", "--yes").code == 0
    return home


@dataclass(frozen=True)
class Workspace:
    """``take`` imports a file; ``aside`` is what stands aside: (where, why)."""

    home: Path
    env: dict[str, str]

    def run(self, *words: object) -> Ran:
        return inside("--home", self.home, *words, env=self.env)

    def take(self, name: str, data: str | bytes, *options: str) -> Ran:
        path = self.home / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.run("import", "tickets", path, "--json", *options)

    @property
    def aside(self) -> list[tuple[str, str]]:
        return sorted((row["ref"], row["reason"]) for row in self.run("aside", "list", "--json").json["set_aside"])

    @property
    def tickets(self) -> dict[str, Ticket]:
        db = Database(self.env.get("BRIDGE__DATABASE__URL", f"sqlite:///{self.home / 'bridge.db'}"))
        try:
            with db.read() as session:
                return {ticket.source_id: ticket for ticket in session.exec(select(Ticket))}
        finally:
            db.dispose()


@pytest.fixture
def workspace(_empty_workspace: Path, tmp_path: Path) -> Workspace:
    return Workspace(Path(shutil.copytree(_empty_workspace, tmp_path / "W")), {})


@pytest.fixture
def either(workspace: Workspace, backend: str, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """The same on each kind of database."""
    if backend == "sqlite":
        yield workspace
        return
    env = {"BRIDGE__DATABASE__URL": request.getfixturevalue("database_url")}
    found = Workspace(workspace.home, env)
    assert found.run("init", "--yes").code == 0
    yield found


@pytest.mark.parametrize("data", ["", " \n\n\r\n", "\ufeff"], ids=["nothing", "blanks", "a mark"])
def test_an_empty_file_is_refused(workspace: Workspace, data: str) -> None:
    ran = workspace.take("empty.csv", data)

    assert (ran.code, ran.out) == (4, "")
    assert "empty.csv is empty" in ran.err


def test_a_file_with_a_header_alone_says_so(workspace: Workspace) -> None:
    ran = workspace.take("head.csv", HEAD)

    assert ran.code == 0
    assert "no rows" in ran.json["notes"][0]


def test_a_folder_is_no_file(workspace: Workspace) -> None:
    ran = workspace.run("import", "tickets", workspace.home)

    assert ran.code == 4
    assert "is no file" in ran.err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("one.csv", "id\n1\n2\n", "no column created_at, subject or body: this is no ticket export"),
        ("prose.csv", "just some text\nand more\n", "no column id, created_at, subject or body"),
        ("wide.csv", ("\ufeff" + HEAD + good(1)).encode("utf-16"), "UTF-16: save it as UTF-8"),
        ("array.json", "[" + line().strip() + "]", "one JSON object a line"),
        ("sheet.xlsx", b"PK\x03\x04" + bytes(range(256)) * 20, "spreadsheet, archive or image"),
        ("noise.csv", bytes((n * 7919 + n // 3) % 256 for n in range(50_000)), "noise.csv"),
    ],
)
def test_a_file_that_is_no_export_says_what_it_is(
    workspace: Workspace, name: str, data: str | bytes, said: str
) -> None:
    ran = workspace.take(name, data)
    told = " ".join(" ".join(pair) for pair in workspace.aside)

    assert ran.code == 1
    assert (ran.json["done"], ran.json["failed"]) == (0, 1)
    assert said in told
    assert "universal-newline" not in told
    assert workspace.tickets == {}


def test_bytes_that_are_not_utf_8_are_read_as_windows_1252(workspace: Workspace) -> None:
    latin = "L-1,2026-05-04T08:00:00Z,Grüße über Öl,ça va\n".encode("latin-1")
    ran = workspace.take("latin.csv", HEAD.encode() + "U-1,2026-05-04T08:00:00Z,Größe,x\n".encode() + latin)

    assert (ran.code, ran.json["done"]) == (0, 2)
    assert [workspace.tickets[key].subject for key in ("L-1", "U-1")] == ["Grüße über Öl", "Größe"]


def test_nul_and_a_byte_order_mark_do_no_harm(either: Workspace) -> None:
    ran = either.take("nul.csv", "\ufeff" + HEAD + "N\0-1,2026-05-04T08:00:00Z,a\0b,c\0d\n\0\0\n" + good(1))

    assert (ran.code, ran.json["done"]) == (0, 2)
    assert either.tickets["N-1"].subject == "ab"


def test_of_rows_with_one_id_the_last_holds_and_all_are_counted(workspace: Workspace) -> None:
    again = "K-1,2026-05-04T08:00:00Z,Later,fine\n"
    ran = workspace.take("twice.csv", HEAD + good(1) + good(2) + good(1) + again)

    assert ran.code == 0
    assert (ran.json["done"], ran.json["skipped"], ran.json["failed"]) == (2, 2, 0)
    assert workspace.tickets["K-1"].subject == "Later"


def test_columns_that_nobody_knows_are_kept_and_repeated_ones_lose_nothing(workspace: Workspace) -> None:
    head = "id,created_at,subject,Plan,plan,,id\n"
    ran = workspace.take("columns.csv", head + "C-1,2026-05-04T08:00:00Z,s,gold,silver,nameless,other\n")

    assert (ran.code, ran.json["done"]) == (0, 1)
    kept = workspace.tickets["C-1"].attributes
    assert {"gold", "silver", "other"} <= set(kept.values())


@pytest.mark.parametrize("quote", ["", '"'])
def test_ten_megabytes_in_one_field_cost_that_row_alone(workspace: Workspace, quote: str) -> None:
    huge = f"H-1,2026-05-04T08:00:00Z,huge,{quote}{'many words ' * (1 << 20)}{quote}\n"
    ran = workspace.take("huge.csv", HEAD + good(1) + huge + good(2))

    assert (ran.code, ran.json["done"], ran.json["failed"]) == (1, 2, 1)
    [(where, why)] = workspace.aside
    assert where == "huge.csv line 3"
    assert "too long" in why
    assert "1 MB" in why


TIMES = {
    "2026-05-04T08:00:00": "created_at has no offset",
    "not a date": "created_at is no ISO 8601 time",
    "": "created_at is missing",
    "2026-13-45T08:00:00Z": "created_at is no ISO 8601 time",
    "9999-12-31T23:59:59-12:00": "created_at lies outside of the calendar",
    "NaN": "created_at is no ISO 8601 time",
}


def test_times_that_cannot_be_read_name_line_column_and_reason(workspace: Workspace) -> None:
    rows = [f"D-{n},{time},s,x\n" for n, time in enumerate(TIMES)]
    ran = workspace.take("times.csv", HEAD + good(1) + "".join(rows) + good(2))

    assert (ran.code, ran.json["done"], ran.json["failed"]) == (1, 2, len(TIMES))
    told = dict(workspace.aside)
    for number, why in enumerate(TIMES.values()):
        assert why in told[f"times.csv line {number + 3}"]


def test_with_a_time_zone_times_without_offset_are_read(workspace: Workspace) -> None:
    row = "D-1,2026-05-04T08:00:00,s,x\n"
    without = workspace.take("zone.csv", HEAD + row)
    named = workspace.take("zone.csv", HEAD + row, "--timezone", "Europe/Berlin")

    assert (without.code, without.json["failed"]) == (1, 1)
    assert (named.code, named.json["done"]) == (0, 1)
    assert workspace.tickets["D-1"].created_at.isoformat() == "2026-05-04T06:00:00+00:00"
    assert workspace.aside == []


def test_json_lines_that_are_no_tickets_cost_themselves_alone(either: Workspace) -> None:
    deep = (
        '{"id": "J-4", "created_at": "2026-05-04T08:00:00Z", "subject": "s", "x": '
        + "[" * 90_000
        + "]" * 90_000
        + "}\n"
    )
    bad = {
        3: ('"text"\n', "not a JSON object"),
        4: ("5\n", "not a JSON object"),
        5: ("null\n", "not a JSON object"),
        6: ('{"id": "J-2"\n', "not readable as JSON"),
        7: ('{"id": "J-3", "subject": NaN}\n', "NaN is no JSON"),
        8: (deep, "not readable as JSON"),
        9: (line(id="J\ud800"), "lone surrogate"),
        10: (line(id="J-5", created_at=1777881600), "created_at is no ISO 8601 time"),
        11: (line(id="J-6", n=0).replace("0}", "9" * 5000 + "}"), "not readable as JSON"),
    }
    well = [line(id="J-7", subject="half \ud800 a character"), line(id="J-8", x=json.loads("[" * 500 + "]" * 500))]
    tail = [line(id="J-9", **{"k\ud800": {"\ud800": ["a\u0000b", None]}}), line(id=10, tags=["a", {"b": 1}])]
    ran = either.take("lines.jsonl", "".join(well) + "".join(text for text, _ in bad.values()) + "".join(tail))

    assert (ran.code, ran.json["done"], ran.json["failed"]) == (1, 4, len(bad))
    assert either.tickets.keys() == {"J-7", "J-8", "J-9", "10"}
    told = dict(either.aside)
    for number, (_, why) in bad.items():
        assert why in told[f"lines.jsonl line {number}"]


def test_what_no_index_can_hold_costs_itself_alone(either: Workspace) -> None:
    """Random, so that nothing can pack it."""
    noise = "".join(chr(97 + (n * n * 31 + n * 7) % 26) for n in range(9000))
    rows = f"{noise},2026-05-04T08:00:00Z,long id,x,a,\n" + f"A-1,2026-05-04T08:00:00Z,long account,x,{noise},\n"
    rows += f"R-1,2026-05-04T08:00:00Z,long requester,x,a,{noise}@{noise}.example\n"
    head = "id,created_at,subject,body,account,requester\n"
    ran = either.take("long.csv", head + rows + "K-1,2026-05-04T08:00:00Z,good,x,a,\n")

    assert (ran.code, ran.json["error"]) == (1, None)
    assert ran.json["done"] + ran.json["failed"] == 4
    assert "K-1" in either.tickets
    assert len(either.aside) == ran.json["failed"] == 2


def test_an_open_quotation_mark_does_not_swallow_the_rest(workspace: Workspace) -> None:
    ran = workspace.take("quote.csv", HEAD + 'Q-1,2026-05-04T08:00:00Z,"open,x\n' + "".join(map(good, range(50))))

    assert (ran.code, ran.json["done"], ran.json["failed"]) == (1, 50, 1)
    assert workspace.aside == [("quote.csv line 2", "a quotation mark is not closed on this line")]


def test_a_mended_file_is_imported_again_and_nothing_stands_aside(workspace: Workspace) -> None:
    workspace.take("other.csv", HEAD + "O-1,never,s,x\n")
    assert workspace.take("mend.csv", HEAD + good(1) + "M-1,2026-05-04,s,x\nM-2,never,s,x\n").json["failed"] == 2

    half = workspace.take("mend.csv", HEAD + good(1) + "M-1,2026-05-04T08:00:00Z,s,x\nM-2,never,s,x\n")
    assert (half.code, half.json["done"], half.json["skipped"], half.json["failed"]) == (1, 1, 1, 1)
    assert [where for where, _ in workspace.aside] == ["mend.csv line 4", "other.csv line 2"]

    whole = workspace.take("mend.csv", HEAD + good(1) + "M-1,2026-05-04T08:00:00Z,s,x\nM-2,2026-05-04T08:00:00Z,s,x\n")
    assert (whole.code, whole.json["done"], whole.json["skipped"]) == (0, 1, 2)
    assert [where for where, _ in workspace.aside] == ["other.csv line 2"]
    refused = workspace.run("aside", "replay", "import", "--stream", "file")
    assert refused.code == 4
    assert "import it again" in refused.err


def test_a_replay_reads_a_mended_folder_again(workspace: Workspace) -> None:
    exports = workspace.home / "exports"
    exports.mkdir()
    (workspace.home / "config.toml").write_text('[connections.desk]\ntype = "files"\npath = "exports"\n')
    (exports / "a.csv").write_text(HEAD + good(1) + "D-1,never,s,x\n")

    def pulled() -> tuple[int, int, int]:
        [step] = workspace.run("sync", "--step", "pull", "--json").json["steps"]
        return step["done"], step["skipped"], step["failed"]

    assert pulled() == (1, 0, 1)
    assert workspace.aside[0][0] == "a.csv line 3"
    (exports / "a.csv").write_text(HEAD + good(1) + "D-1,2026-05-04T08:00:00Z,s,x\n")
    assert workspace.run("aside", "replay", "desk").code == 0
    assert pulled() == (1, 1, 0)
    assert workspace.aside == []


def write_big(path: Path, size: int) -> tuple[int, int]:
    """Many kilobyte rows of few tickets exported again and again, and some that are wrong. (rows, wrong ones)"""
    body = "the invoice cannot be downloaded since the update " * 19
    block = "".join(f"B-{n},2026-05-04T08:00:00Z,Same {n},{body}\n" for n in range(60)).encode()
    wrong = b"W-1,never,wrong,x\nW-2,2026-05-04T08:00:00Z,long," + b"y" * (5 << 20) + b"\n"
    rows = bad = 0
    with path.open("wb") as file:
        file.write(HEAD.encode())
        while file.tell() < size:
            for _ in range(400):
                file.write(block)
                rows += 60
            file.write(wrong)
            rows, bad = rows + 2, bad + 2
        file.write(good(1).encode())
    return rows + 1, bad


MEASURED = """\
import sys
from pathlib import Path
from bridge.cli.app import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    # Of this process alone: ru_maxrss would begin with what its parent had.
    (line,) = (l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM:"))
    print("PEAK", line.split()[1], end.code)
"""


def test_two_hundred_megabytes_are_read_in_bounded_memory(workspace: Workspace) -> None:
    path = workspace.home / "big.csv"
    try:
        rows, bad = write_big(path, BIG_FILE)
        words = ["--home", str(workspace.home), "import", "tickets", str(path), "--json"]
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *words],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    finally:
        path.unlink(missing_ok=True)

    report, _, tail = done.stdout.rpartition("PEAK")
    peak, code = map(int, tail.split())
    found = json.loads(report)
    assert code == 1, done.stderr
    assert peak * 1024 < MOST_MEMORY
    assert found["failed"] == bad
    assert found["done"] + found["skipped"] + found["failed"] == rows
    assert len(workspace.tickets) == 61
