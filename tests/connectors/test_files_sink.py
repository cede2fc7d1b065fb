"""The JSON Lines sink: the contract, kills and two writers."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from connectors import _disk
from connectors.base import InDoubt, RemedyMessage, Transient
from connectors.files_sink import FilesSink, SinkOptions
from tests.connectors.contract import SinkContract


class SinkFileWorld:
    faults: frozenset[str] = frozenset()
    ticket_id = "1"

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.monkeypatch = monkeypatch

    def connector(self) -> FilesSink:
        return FilesSink(SinkOptions(path=self.path))

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.startswith("{")]

    def notes(self) -> list[tuple[str, bool]]:
        return [(str(line["text"]), False) for line in self.lines() if "key" in line]

    def tags(self) -> set[str]:
        changes = [line for line in self.lines() if "tags" in line]
        assert len(changes) == 2
        return {"by-people", *changes[-1]["tags"]}  # type: ignore[misc]

    def lose_reply(self) -> None:
        fail_once(self.monkeypatch)


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk break right after the write took effect."""
    sync = _disk.sync_folder

    def broken(folder: Path) -> None:
        monkeypatch.setattr(_disk, "sync_folder", sync)
        raise InDoubt(f"{folder} is gone")

    monkeypatch.setattr(_disk, "sync_folder", broken)


class TestFilesSink(SinkContract):
    other_side = SinkFileWorld

    @pytest.fixture
    def world(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SinkFileWorld:
        return SinkFileWorld(tmp_path / "notes.jsonl", monkeypatch)


def test_a_line_holds_key_ticket_text_and_time(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    FilesSink(SinkOptions(path=path)).push_remedy("1", RemedyMessage("Zeile\n2 ü"), key="k")
    line = json.loads(path.read_text())
    assert (line["key"], line["ticket"], line["text"]) == ("k", "1", "Zeile\n2 ü")
    assert line["at"].endswith("+00:00")


def test_a_line_that_a_kill_tore_is_ignored_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    FilesSink(SinkOptions(path=path)).push_remedy("1", RemedyMessage("a"), key="k1")
    path.write_bytes(path.read_bytes() + b'{"key": "k2", "ticket": "1", "te')
    sink = FilesSink(SinkOptions(path=path))
    assert sink.find_remedy("1", "k2") is None
    sink.push_remedy("1", RemedyMessage("b"), key="k2")
    for reader in (sink, FilesSink(SinkOptions(path=path))):
        assert reader.find_remedy("1", "k1")
        assert reader.find_remedy("1", "k2")


def test_a_sink_sees_what_another_one_wrote_and_a_file_that_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    one, two = (FilesSink(SinkOptions(path=path)) for _ in range(2))
    one.push_remedy("1", RemedyMessage("a"), key="k")
    assert two.find_remedy("1", "k")
    path.unlink()
    assert two.find_remedy("1", "k") is None


def push_all(path: Path, count: int) -> None:
    sink = FilesSink(SinkOptions(path=path))
    for number in range(count):
        sink.push_remedy("1", RemedyMessage("x" * 5000), key=f"k{number}")


def test_two_processes_write_each_key_once(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    writers = [multiprocessing.get_context("spawn").Process(target=push_all, args=(path, 30)) for _ in range(2)]
    try:
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
        assert [writer.exitcode for writer in writers] == [0, 0]
    finally:
        for writer in writers:
            writer.kill()
    keys = [json.loads(line)["key"] for line in path.read_text().splitlines()]
    assert sorted(keys) == sorted(f"k{number}" for number in range(30))


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Transient, match="Check the folder"):
        FilesSink(SinkOptions(path=tmp_path / "file" / "notes.jsonl")).push_remedy("1", RemedyMessage("a"), key="k")
