"""The copy of the vectors on the worker's disk serves what the database says, whatever happened to it."""

from __future__ import annotations

import fcntl
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.pipeline.group.copy import Wanted, unit_rows, vector_file
from bridge.store.db import Database
from tests.pipeline.loop import Loop, ticket

DIM = 4


class Truth:
    """A database of vectors that counts what is fetched from it."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.fetched: list[str] = []

    def put(self, name: int, version: int = 0) -> None:
        row = np.random.default_rng((name, version)).standard_normal(DIM).astype("<f2")
        self.held[hashlib.sha256(str(name).encode()).hexdigest()] = row.tobytes()

    def fetch(self, hashes: Sequence[str]) -> dict[str, bytes]:
        self.fetched += hashes
        return {name: self.held[name] for name in hashes if name in self.held}

    def wanted(self) -> list[Wanted]:
        return [Wanted(number, name, zlib.crc32(data)) for number, (name, data) in enumerate(self.held.items())]

    def read(self, path: Path | None) -> tuple[list[int], list[list[float]]]:
        self.fetched.clear()
        tickets, rows = unit_rows(self.wanted(), self.fetch, path)
        return tickets, rows.tolist()


def test_a_second_run_reads_only_what_is_new(tmp_path: Path) -> None:
    truth, path = Truth(), vector_file(tmp_path, "a model@1")
    for name in range(9):
        truth.put(name)
    first = truth.read(path)
    assert len(truth.fetched) == 9
    truth.put(9)

    assert truth.read(path)[1][:9] == first[1]
    assert len(truth.fetched) == 1
    assert truth.read(path) == truth.read(None)


def test_nothing_wanted_makes_no_file(tmp_path: Path) -> None:
    assert unit_rows([], Truth().fetch, tmp_path / "x")[0] == []
    assert not (tmp_path / "x").exists()


def test_what_is_not_wanted_any_more_does_not_stay_in_the_file(tmp_path: Path) -> None:
    truth, path = Truth(), tmp_path / "x"
    for name in range(9):
        truth.put(name)
    truth.read(path)
    name, gone = truth.held.popitem()
    assert gone in path.read_bytes()
    truth.read(path)

    assert gone not in path.read_bytes()
    assert bytes.fromhex(name) not in path.read_bytes()


def test_a_file_that_is_blank_for_the_most_part_begins_anew(tmp_path: Path) -> None:
    truth, path = Truth(), tmp_path / "x"
    for name in range(9):
        truth.put(name)
    truth.read(path)
    large = path.stat().st_size
    for _ in range(6):
        truth.held.popitem()

    assert truth.read(path) == truth.read(None)
    assert path.stat().st_size < large


def test_a_copy_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    truth, path = Truth(), tmp_path / "x"
    truth.put(1)
    with path.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        found = truth.read(path)

    assert found == truth.read(None)
    assert path.read_bytes() == b""


def test_a_folder_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    truth = Truth()
    truth.put(1)

    assert truth.read(tmp_path / "file" / "x") == truth.read(None)


def test_a_vector_that_is_damaged_in_the_database_is_left_out(tmp_path: Path) -> None:
    truth = Truth()
    truth.put(1)
    truth.put(2)
    wanted = truth.wanted()
    truth.held.pop(wanted[0].content_hash)

    for path in (None, tmp_path / "x"):
        assert unit_rows(wanted, truth.fetch, path)[0] == [wanted[1].ticket]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 12), st.integers(0, 2)),
        st.tuples(st.just("drop"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("damage"), st.integers(0, 600), st.integers(1, 255)),
        st.tuples(st.just("cut"), st.integers(0, 600), st.just(0)),
        st.tuples(st.just("append"), st.integers(0, 60), st.integers(0, 255)),
        st.tuples(st.just("read"), st.just(0), st.just(0)),
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_whatever_happens_to_the_file_the_rows_are_the_databases(acts: list[tuple[str, int, int]]) -> None:
    truth = Truth()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        for act, one, other in [*acts, ("read", 0, 0)]:
            content = bytearray(path.read_bytes()) if path.exists() else bytearray()
            if act == "put":
                truth.put(one, other)
            elif act == "drop" and truth.held:
                truth.held.pop(sorted(truth.held)[one % len(truth.held)])
            elif act == "damage" and one < len(content):
                content[one] ^= other
                path.write_bytes(content)
            elif act == "cut":
                path.write_bytes(content[:one])
            elif act == "append":
                path.write_bytes(content + bytes([other]) * one)
            elif act == "read":
                assert truth.read(path) == truth.read(None)


def test_grouping_fills_the_copy_and_groups_alike_with_it(db: Database, tmp_path: Path) -> None:
    loop = Loop(db)
    for number in range(4):
        loop.desk.put(ticket(str(number), "Login fails" if number % 2 else "Invoice wrong"))
    loop.pull()
    loop.embed()
    loop.group(copies=tmp_path / "copies")
    (copy,) = (tmp_path / "copies").iterdir()
    held = copy.read_bytes()
    again = loop.group(copies=tmp_path / "copies", consolidating=True)

    assert len(held) > 4
    assert copy.read_bytes() == held
    assert again.notes == []
