"""A folder of exports as help desk: the contract, the formats, and garbage."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors._records import FIELD_CAP, FileRefused, Records
from connectors.base import HelpDesk, Page, Permanent, RemedyMessage, RemedySink, Ticket, Transient
from connectors.files import Files
from connectors.files_desk import FilesDesk, FilesOptions
from tests.connectors.contract import T0, HelpDeskContract, last_cursor, subjects, tickets_of

ROW = {"id": "1", "created_at": "2026-03-01T10:00:00+01:00", "subject": "Printer", "body": "It smokes."}


class FolderWorld:
    """Changes are appended to one of two exports."""

    faults: frozenset[str] = frozenset()
    can: frozenset[str] = frozenset()
    page_size = 4

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def connector(self) -> FilesDesk:
        return desk(self.folder, page_size=self.page_size)

    def put(self, ticket_id: str, at: datetime, subject: str) -> None:
        row = {"id": ticket_id, "created_at": T0.isoformat(), "updated_at": at.isoformat(), "subject": subject}
        with (self.folder / "tickets.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")


class TestFilesDesk(HelpDeskContract):
    other_side = FolderWorld

    @pytest.fixture
    def world(self, tmp_path: Path) -> FolderWorld:
        return FolderWorld(tmp_path)


def desk(path: Path, **options: Any) -> FilesDesk:
    return FilesDesk(FilesOptions(path=path, **options))


def pages(path: Path, cursor: str | None = None, **options: Any) -> list[Page[Ticket]]:
    return list(desk(path, **options).pull_tickets(cursor))


def pull(path: Path, **options: Any) -> tuple[list[Ticket], list[tuple[str, str]]]:
    """(tickets, (ref, reason) of the rejected)."""
    found = pages(path, **options)
    tickets = [ticket for page in found for ticket in page.items]
    return tickets, [(rejected.ref, rejected.reason) for page in found for rejected in page.rejected]


def write_csv(path: Path, *rows: dict[str, str], delimiter: str = ",") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_every_column_of_the_format_is_read(tmp_path: Path) -> None:
    row = {
        **ROW,
        "Updated_At": "2026-03-02T10:00:00Z",
        "last_customer_at": "2026-03-01T12:00:00Z",
        "status": "On Hold",
        "priority": "P1",
        "requester": "r@example.com",
        "account": "crm:77",
        "group": "Tier 1",
        "assignee": "ann",
        "channel": "email",
        "language": "de",
        "tags": "a; b;;a",
        "url": "https://desk.example.com/1",
        "csat": "good",
        "Product Line": "Ledger",
        "empty": "",
    }
    tickets, rejected = pull(write_csv(tmp_path / "t.csv", row))
    assert rejected == []
    (ticket,) = tickets
    assert ticket.created_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert ticket.updated_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert ticket.last_customer_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert ticket.tags == ("a", "b")
    assert ticket.attributes == {"Product Line": "Ledger"}
    assert (ticket.account, ticket.group, ticket.assignee, ticket.csat) == ("crm:77", "Tier 1", "ann", "good")
    assert (ticket.status, ticket.priority) == ("On Hold", "P1")
    assert [message.body for message in ticket.messages] == ["It smokes."]
    assert FilesDesk.status_words["on hold"] == "hold"


def test_the_last_customer_signal_falls_back_to_creation_not_to_our_own_changes(tmp_path: Path) -> None:
    (ticket,), _ = pull(write_csv(tmp_path / "t.csv", {**ROW, "updated_at": "2026-05-01T00:00:00Z"}))
    assert ticket.last_customer_at == ticket.created_at


def test_json_values_that_are_not_text_become_text(tmp_path: Path) -> None:
    row = {**ROW, "id": 7, "tags": ["x", "y"], "vip": True, "nested": {"a": [1]}, "none": None}
    (tmp_path / "t.jsonl").write_text(json.dumps(row))
    (ticket,), _ = pull(tmp_path)
    assert ticket.id == "7"
    assert ticket.tags == ("x", "y")
    assert ticket.attributes == {"vip": "true", "nested": '{"a": [1]}'}


def test_times_without_offset_need_a_time_zone(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", {**ROW, "created_at": "2026-07-01 10:00:00"}, {**ROW, "id": "2"})
    tickets, rejected = pull(path)
    assert [ticket.id for ticket in tickets] == ["2"]
    assert rejected == [("t.csv line 2", "created_at has no offset: write it, or say which time zone the export is in")]
    tickets, rejected = pull(path, timezone="Europe/Berlin")
    assert rejected == []
    assert tickets[0].created_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    with pytest.raises(ValidationError, match="time zone"):
        FilesOptions(path=path, timezone="Mars/Olympus")


def test_a_malformed_row_is_set_aside_with_its_line_and_every_reason(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "id,created_at,subject\n"
        "1,2026-03-01T10:00:00Z,fine\n"
        ",yesterday,\n"
        "3,2026-03-01T10:00:00Z\n"
        "\n"
        '4,2026-03-01T10:00:00Z,"two\nlines"\n'
        "5,0001-01-01T00:00:00+23:00,early\n"
        "6,2026-03-01T10:00:00Z,fine\n"
    )
    no_time = "created_at is no ISO 8601 time such as 2026-03-01T09:30:00+01:00"
    tickets, rejected = pull(path)
    assert [ticket.id for ticket in tickets] == ["1", "4", "6"]
    assert rejected == [
        (
            "t.csv line 3",
            f"id is missing; subject and body are both missing; {no_time}",
        ),
        ("t.csv line 4", "2 fields where the header has 3"),
        ("t.csv line 8", "created_at lies outside of the calendar"),
    ]


@pytest.mark.parametrize(
    "bad",
    ['2,2026-03-01T10:00:00Z,"open', '"2,2026-03-01T10:00:00Z,open', '2,"2026-03-01T10:00:00Z,open', '"'],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_a_quotation_mark_that_is_not_closed_costs_its_own_line_only(tmp_path: Path, bad: str, quoted: bool) -> None:
    good = '{},2026-03-01T10:00:00Z,"s"\n' if quoted else "{},2026-03-01T10:00:00Z,s\n"
    path = tmp_path / "t.csv"
    path.write_text("id,created_at,subject\n" + good.format(1) + bad + "\n" + "".join(map(good.format, range(3, 9))))
    tickets, rejected = pull(path)
    assert [ticket.id for ticket in tickets] == ["1", "3", "4", "5", "6", "7", "8"]
    assert [ref for ref, _ in rejected] == ["t.csv line 3"]


def test_json_lines_that_are_no_objects_are_set_aside(tmp_path: Path) -> None:
    lines = [json.dumps(ROW), "[1]", "7", "{broken", "", '{"id": NaN}', json.dumps({**ROW, "id": "2"})]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n")
    tickets, rejected = pull(tmp_path)
    assert [ticket.id for ticket in tickets] == ["1", "2"]
    assert [ref for ref, _ in rejected] == ["t.jsonl line 2", "t.jsonl line 3", "t.jsonl line 4", "t.jsonl line 6"]
    assert all("Printer" not in reason for _, reason in rejected)


def test_bom_latin1_nul_and_other_delimiters_are_tolerated(tmp_path: Path) -> None:
    text = "id;created_at;subject\r\n1;2026-03-01T10:00:00Z;Caf\xe9 \x80 \0 zu\r\n".encode("latin-1")
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text)
    (tmp_path / "b.tsv").write_text("id\tcreated_at\tsubject\n2\t2026-03-01T10:00:00Z\tCafé\n")
    (tmp_path / "c.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps({**ROW, "id": "3", "body": "x\0y"}).encode())
    tickets, rejected = pull(tmp_path)
    assert rejected == []
    assert [ticket.subject for ticket in tickets] == ["Café €  zu", "Café", "Printer"]
    assert tickets[2].messages[0].body == "xy"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("t.csv", b"name,age\nann,7\n" * 50, "no column id, created_at, subject or body"),
        ("t.csv", b"id,created_at\n1,2026-03-01T10:00:00Z\n", "no column subject or body"),
        ("t.csv", b"PK\x03\x04 xlsx", "spreadsheet"),
        ("t.jsonl", b"\x89PNG\r\n\x1a\n\0\0", "image"),
        ("t.jsonl", b'[{"id": 1}]', "JSON array"),
        ("t.csv", "id,created_at,subject\n".encode("utf-16"), "UTF-16"),
        ("t.csv", b"\0" * 10_000, "no column"),
    ],
)
def test_a_file_that_is_no_export_is_refused_as_a_whole(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    tickets, rejected = pull(tmp_path)
    assert tickets == []
    assert len(rejected) == 1
    assert rejected[0][0] == name
    assert reason in rejected[0][1]


def test_the_content_tells_the_format_whatever_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(json.dumps(ROW))
    write_csv(tmp_path / "b.jsonl", {**ROW, "id": "2"})
    assert [ticket.id for ticket in pull(tmp_path)[0]] == ["1", "2"]


def test_empty_files_and_folders_are_no_error(tmp_path: Path) -> None:
    assert pull(tmp_path) == ([], [])
    (tmp_path / "t.csv").touch()
    (tmp_path / "u.jsonl").write_bytes(b"\n\n")
    (tmp_path / "v.csv").write_text("id,created_at,subject\n")
    (tmp_path / "notes.txt").write_text("not an export")
    assert pull(tmp_path) == ([], [])


def test_a_folder_that_is_not_there_says_what_to_mend(tmp_path: Path) -> None:
    with pytest.raises(Transient, match="check path"):
        desk(tmp_path / "absent").check()


def test_of_two_rows_with_one_id_the_later_one_holds(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ROW, {**ROW, "subject": "Newer"})
    assert tickets_of(pages(tmp_path))["1"].subject == "Newer"


def test_an_unchanged_folder_gives_nothing_and_a_replaced_file_all(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ROW, {**ROW, "id": "2"})
    cursor = last_cursor(iter(pages(tmp_path)))
    assert subjects(pages(tmp_path, cursor)) == {}
    write_csv(path, {**ROW, "subject": "Scanner"}, {**ROW, "id": "2"})
    assert subjects(pages(tmp_path, cursor)) == {"1": "Scanner", "2": "Printer"}


def test_a_grown_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ROW)
    cursor = last_cursor(iter(pages(tmp_path)))
    with path.open("a") as file:
        file.write("2,2026-03-01T10:00:00Z,Scanner,b\n3,bad\n")
    (page,) = pages(tmp_path, cursor)
    assert subjects([Page(page.items, page.cursor)]) == {"2": "Scanner"}
    assert [rejected.ref for rejected in page.rejected] == ["t.csv line 4"]


def test_a_last_line_that_is_still_being_written_is_read_again_when_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, "id": "2"})[:-9])
    first = pages(tmp_path)[-1]
    assert [rejected.ref for rejected in first.rejected] == ["t.jsonl line 2"]
    path.write_text(json.dumps(ROW) + "\n" + json.dumps({**ROW, "id": "2"}) + "\n")
    assert subjects(pages(tmp_path, first.cursor)) == {"2": "Printer"}


def test_a_pull_that_broke_in_the_second_file_keeps_what_it_knew_of_the_third(tmp_path: Path) -> None:
    for name in "abc":
        write_csv(tmp_path / f"{name}.csv", *({**ROW, "id": f"{name}{number}"} for number in range(4)))
    cursor = last_cursor(iter(pages(tmp_path, page_size=3)))
    write_csv(tmp_path / "b.csv", *({**ROW, "id": f"b{number}", "subject": "x"} for number in range(4)))
    first = next(desk(tmp_path, page_size=3).pull_tickets(cursor))
    assert subjects(pages(tmp_path, first.cursor)) == {"b3": "x"}


def test_a_cursor_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="cursor"):
        pages(tmp_path, "2026-01-01")


@pytest.mark.parametrize("form", ["csv", "csv lines", "jsonl", "one line"])
def test_a_field_of_ten_megabytes_is_set_aside_alone(tmp_path: Path, form: str) -> None:
    huge = "x" * (10 * FIELD_CAP)
    path = tmp_path / "t.csv"
    if form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in (ROW, {**ROW, "body": huge}, {**ROW, "id": "3"})))
    elif form == "one line":
        path.write_text(json.dumps(ROW) + "\n" + "{" + huge)
    else:
        body = huge if form == "csv" else ('""quoted"" ' * 100 + "\n") * 10_000
        rows = [f'{n},2026-03-01T10:00:00Z,s,"{body if n == 2 else "b"}"\n' for n in (1, 2, 3)]
        path.write_text("id,created_at,subject,body\n" + "".join(rows))
    tracemalloc.start()
    tickets, rejected = pull(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [ticket.id for ticket in tickets] == ["1"] if form == "one line" else ["1", "3"]
    assert len(rejected) == 1
    assert "too long" in rejected[0][1]
    assert peak < 24 * FIELD_CAP


def test_a_run_of_quotation_marks_takes_no_long_time(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,created_at,subject\n1,2026-03-01T10:00:00Z," + '"' * (3 * FIELD_CAP) + "\n" + "2,x,y\n")
    assert len(pull(path)[1]) == 2


def test_memory_stays_bounded_over_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("w") as file:
        file.write("id,created_at,subject,body\n")
        for number in range(8_000):
            file.write(f"{number},2026-03-01T10:00:00Z,subject,{'x' * 2000}\n")
    tracemalloc.start()
    count = sum(len(page.items) for page in desk(path).pull_tickets(None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 8_000
    assert peak < 8 << 20


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(words, words), max_size=8), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_whatever_the_csv_module_writes_is_read_back(rows: list[tuple[str, str]], quoting: int) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting)
    writer.writerow(["id", "note", "text"])
    kept = [(f"k{number}", *(part.replace("\r", "") for part in row)) for number, row in enumerate(rows)]
    writer.writerows(kept)
    records = list(Records(io.BytesIO(text.getvalue().encode()), lambda _columns: None).read())
    assert [tuple((record.values or {}).values()) for record in records] == kept


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.binary(max_size=40), max_size=12), st.sampled_from([b"id,created_at,subject\n", b'{"id": 1}\n', b""])
)
def test_no_bytes_break_the_reader_and_every_line_is_accounted(lines: list[bytes], head: bytes) -> None:
    data = head + b"\n".join(lines)
    reader = Records(io.BytesIO(data), lambda _columns: None)
    try:
        found = list(reader.read())
    except FileRefused:
        return
    assert [record.line for record in found] == sorted(record.line for record in found)
    assert reader.mark.offset <= len(data)


def test_a_folder_and_its_notes_are_one_connection(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    both = Files(FilesOptions(path=tmp_path / "exports"))
    assert isinstance(both, HelpDesk)
    assert isinstance(both, RemedySink)
    both.push_remedy("1", RemedyMessage("Restart."), key="k")
    assert (tmp_path / "remedies.jsonl").exists()
    assert Files(FilesOptions(path=tmp_path / "exports")).find_remedy("1", "k")


def test_the_notes_beside_a_single_export_are_not_read_as_tickets(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ROW)
    folder = Files(FilesOptions(path=tmp_path, notes=tmp_path / "remedies.jsonl"))
    folder.push_remedy("1", RemedyMessage("Restart."), key="k")
    assert [ticket.id for page in folder.pull_tickets(None) for ticket in page.items] == ["1"]
    assert [page.rejected for page in folder.pull_tickets(None)] == [()]


def test_tickets_are_given_in_the_order_of_the_file(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", *({**ROW, "id": str(number)} for number in range(1200)))
    found = pages(tmp_path)
    assert [len(page.items) for page in found] == [500, 500, 200]
    assert max(page.items[0].updated_at for page in found) - T0 < timedelta(days=1)
