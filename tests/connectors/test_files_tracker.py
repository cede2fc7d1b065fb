"""A folder of Markdown files as tracker: the contract, and people with editors."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._front import read_fields, set_fields, with_fields
from connectors.base import IssueDraft, Permanent, PriorityLevel
from connectors.files_tracker import FilesTracker, TrackerOptions
from tests.connectors.contract import DRAFT, KEY, TrackerContract, issues_of, last_cursor
from tests.connectors.test_files_sink import fail_once

FENCE = re.compile(r"\A(---\n.*?^---\n\n)(.*)\Z", re.DOTALL | re.MULTILINE)


class FolderWorld:
    faults: frozenset[str] = frozenset()
    can: frozenset[str] = frozenset({"delete"})
    closed_word = "done"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch

    def connector(self) -> FilesTracker:
        return FilesTracker(TrackerOptions(path=self.folder))

    def bodies(self) -> list[str]:
        return [path.read_text() for path in self.folder.glob("*.md")]

    def path(self, issue_id: str) -> Path:
        (found,) = self.folder.glob(f"{issue_id}__*.md")
        return found

    def body(self, issue_id: str) -> str:
        found = FENCE.match(self.path(issue_id).read_text())
        assert found
        return found[2]

    def edit(self, issue_id: str, *, body: str | None = None, status: str | None = None) -> None:
        path = self.path(issue_id)
        found = FENCE.match(path.read_text())
        assert found
        front = found[1] if status is None else re.sub(r"(?m)^status: .*$", f"status: {status}", found[1])
        path.write_text(front + (found[2] if body is None else body))

    def comments(self, issue_id: str) -> list[str]:
        return re.split(r"\[issue-bridge:note[^\]]*\]", self.body(issue_id))[:-1]

    def lose_reply(self) -> None:
        fail_once(self.monkeypatch)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderWorld:
    return FolderWorld(tmp_path / "issues", monkeypatch)


class TestFilesTracker(TrackerContract):
    other_side = FolderWorld

    @pytest.fixture
    def world(self, folder: FolderWorld) -> FolderWorld:
        return folder


def pulled(world: FolderWorld, issue_id: str) -> Any:
    return issues_of(world.connector().pull_issues(None))[issue_id]


def test_the_file_is_pleasant_to_read(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    path = folder.path(made.id)
    assert path.name == f"{KEY}__invoices-show-no-vat.md"
    text = path.read_text()
    assert text.startswith(f"---\nkey: {KEY}\ntitle: Invoices show no VAT\nstatus: open\npriority: urgent\n")
    assert "\n12 tickets of 4 accounts.\n" in text


def test_a_release_written_by_hand_is_understood(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    path = folder.path(made.id)
    changes = {"fix_version": "4.2, 4.3", "released": True, "due": date(2026, 5, 1), "resolution": "fixed"}
    path.write_text(set_fields(path.read_text(), changes))
    issue = pulled(folder, made.id)
    assert [(fix.name, fix.released, fix.due) for fix in issue.fix_versions] == [
        ("4.2", True, date(2026, 5, 1)),
        ("4.3", True, date(2026, 5, 1)),
    ]
    assert (issue.resolution, issue.due) == ("fixed", date(2026, 5, 1))


def test_an_update_keeps_the_order_the_comments_and_the_fields_of_people(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    path = folder.path(made.id)
    text = path.read_text().replace("status: open\n", "team: core  # ask Ann\nstatus: open # soon\n")
    path.write_text(text)
    folder.connector().update_issue(made.id, IssueDraft("New: title #1", None, PriorityLevel.NEXT, ("x",)), key=KEY)
    after = path.read_text()
    assert "team: core  # ask Ann\nstatus: open # soon\n" in after
    issue = pulled(folder, made.id)
    assert (issue.title, issue.priority, issue.labels) == ("New: title #1", "high", ("bridge", "x"))
    assert issue.status == "open"


def test_an_update_that_changes_nothing_does_not_touch_the_file(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    before = folder.path(made.id).stat()
    folder.connector().update_issue(made.id, DRAFT, key=KEY)
    assert folder.path(made.id).stat().st_ino == before.st_ino


def test_a_second_create_with_another_title_returns_the_first(folder: FolderWorld) -> None:
    first = folder.connector().create_issue(DRAFT, key=KEY)
    second = folder.connector().create_issue(IssueDraft("Other", "x", None), key=KEY)
    assert first == second
    assert len(folder.bodies()) == 1


def test_a_file_that_a_person_renamed_is_still_ours(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    cursor = last_cursor(folder.connector().pull_issues(None))
    folder.path(made.id).rename(folder.folder / "vat.md")
    found = folder.connector().find_issue(KEY)
    assert found is not None
    assert found.id == KEY
    assert not any(issue.deleted for issue in issues_of(folder.connector().pull_issues(cursor)).values())
    folder.connector().comment(KEY, "hello", key="note-1")


def test_a_deleted_file_comes_as_a_tombstone_once(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    cursor = last_cursor(folder.connector().pull_issues(None))
    folder.path(made.id).unlink()
    pages = list(folder.connector().pull_issues(cursor))
    assert issues_of(iter(pages))[KEY].deleted
    assert issues_of(folder.connector().pull_issues(pages[-1].cursor)) == {}


@pytest.mark.parametrize(
    "damage",
    [
        b"no front matter any more",
        b"---\ntitle: [unclosed\n---\n\nbody",
        b"---\ntitle: x\nnever closed",
        b"\xff\xfe\x00binary",
        b"---\n- a list\n---\n",
    ],
)
def test_a_file_that_cannot_be_read_is_set_aside_once_and_left_alone(folder: FolderWorld, damage: bytes) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    path = folder.path(made.id)
    path.write_bytes(damage)
    (page,) = folder.connector().pull_issues(None)
    assert [rejected.ref for rejected in page.rejected] == [path.name]
    with pytest.raises(Permanent, match="Mend the file"):
        folder.connector().update_issue(made.id, DRAFT, key=KEY)
    assert path.read_bytes() == damage
    assert folder.connector().find_issue(KEY) is not None


def test_peoples_own_issues_come_too_and_their_other_files_do_not(folder: FolderWorld) -> None:
    folder.folder.mkdir()
    (folder.folder / "README.md").write_text("# How we work\n")
    (folder.folder / "old-bug.md").write_text("---\ntitle: Old bug\nstatus: Done\n---\n\ntext\n")
    (page,) = folder.connector().pull_issues(None)
    assert page.rejected == ()
    (issue,) = page.items
    assert (issue.id, issue.key, issue.title, issue.closed) == ("old-bug", None, "Old bug", True)


def test_windows_line_ends_stay(folder: FolderWorld) -> None:
    made = folder.connector().create_issue(DRAFT, key=KEY)
    path = folder.path(made.id)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert pulled(folder, made.id).block == DRAFT.body
    folder.connector().update_issue(made.id, IssueDraft("T2", None, None), key=KEY)
    assert b"status: open\r\n" in path.read_bytes()
    assert pulled(folder, made.id).title == "T2"


def test_a_key_that_leads_elsewhere_is_refused(folder: FolderWorld) -> None:
    with pytest.raises(Permanent):
        folder.connector().create_issue(DRAFT, key="../../etc/x")
    assert not list(folder.folder.parent.glob("**/*.md"))


def test_many_issues_come_in_pages_that_can_be_resumed(folder: FolderWorld) -> None:
    tracker = FilesTracker(TrackerOptions(path=folder.folder, page_size=2))
    for number in range(5):
        tracker.create_issue(DRAFT, key=f"k{number}")
    first = next(tracker.pull_issues(None))
    rest = issues_of(tracker.pull_issues(first.cursor))
    assert sorted((*(issue.id for issue in first.items), *rest)) == [f"k{number}" for number in range(5)]


printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)


@given(printable, printable, st.lists(printable, max_size=3))
def test_any_words_in_a_field_come_back(title: str, other: str, labels: list[str]) -> None:
    text = with_fields({"title": title, "labels": labels, "status": "open"}, "body")
    text = set_fields(text, {"title": other})
    fields = read_fields(text)
    if "issue-bridge" not in title + other:
        assert fields["title"] == other
    assert fields["labels"] == labels
    assert fields["status"] == "open"
    assert text.endswith("---\n\nbody\n")
