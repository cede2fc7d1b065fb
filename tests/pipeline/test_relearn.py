"""Relearn: footers leave the texts that are grouped, on both databases; what is unchanged keeps its hash."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bridge.analysis.lesson import read_lesson
from bridge.analysis.spelling import FACTOR
from bridge.pipeline.relearn import relearn
from bridge.progress import StepReport
from bridge.store.boilerplate import LearnedBoilerplate
from bridge.store.db import Database
from bridge.store.tickets import Message, Ticket
from tests.pipeline.loop import Loop, ticket

FOOTER = "Acme Tulips, the flower people of the north"
TOLD = ("The login fails", "Invoices are empty", "A photo is missing", "No label comes out", "Sync hangs since noon")


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def again(loop: Loop) -> StepReport:
    with loop.lease() as lease:
        return relearn(loop.db, loop.source.reading.secret, lease=lease, now=loop.clock, anyway=True)


def fill(loop: Loop) -> None:
    loop.put(*(ticket(str(n), told, body=f"{told} at the desk {n}.\n{FOOTER}") for n, told in enumerate(TOLD)))
    loop.put(ticket("short", "Hm", body="It beeps."))
    loop.pull()


def test_what_repeats_leaves_the_texts_and_only_those_change(loop: Loop) -> None:
    fill(loop)
    before = {row.source_id: row.embed_hash for row in loop.rows(Ticket)}
    assert again(loop).done == len(TOLD)
    after = {row.source_id: row for row in loop.rows(Ticket)}
    assert not any("flower" in row.embed_text for row in after.values())
    assert all(told in after[str(n)].embed_text for n, told in enumerate(TOLD))
    assert after["short"].embed_hash == before["short"]
    assert all(after[str(n)].embed_hash != before[str(n)] for n in range(len(TOLD)))
    assert any("flower" in row.text for row in loop.rows(Message))
    [kept] = loop.rows(LearnedBoilerplate)
    lesson = read_lesson(kept.learned)
    assert lesson.boilerplate.counts
    assert not lesson.spelling.words, "what one writer says is not kept"


def test_a_second_run_changes_nothing_and_keeps_one_row(loop: Loop) -> None:
    fill(loop)
    again(loop)
    assert again(loop).done == 0
    assert len(loop.rows(LearnedBoilerplate)) == 1


def test_a_pull_reads_with_what_was_learned(loop: Loop) -> None:
    fill(loop)
    again(loop)
    loop.put(ticket("new", "Scanner", body=f"It beeps at night.\n{FOOTER}"))
    loop.pull()
    [row] = loop.rows(Ticket, source_id="new")
    assert row.embed_text == "Scanner\nIt beeps at night."
    assert again(loop).done == 0


def test_unreadable_lessons_are_learned_anew(loop: Loop) -> None:
    fill(loop)
    again(loop)
    with loop.db.write() as session:
        kept = session.exec(select(LearnedBoilerplate)).one()
        kept.learned = b"of another release"
    assert loop.pull().error is None
    again(loop)
    assert read_lesson(loop.rows(LearnedBoilerplate)[0].learned).boilerplate.counts


def test_slips_are_set_right_in_the_text_that_is_grouped_only(loop: Loop) -> None:
    for n in range(FACTOR * 3):
        loop.put(ticket(str(n), f"Payment {n}", requester=f"ann@firm{n}.example", body="My payment was declined."))
    loop.put(ticket("slip", "Hm", requester="bob@other.example", body="My paymnet was declined again."))
    loop.pull()
    again(loop)
    [row] = loop.rows(Ticket, source_id="slip")
    assert "payment" in row.embed_text
    assert any("paymnet" in message.text for message in loop.rows(Message))
    loop.put(ticket("next", "Hm", requester="eve@third.example", body="The pyament failed at noon."))
    loop.pull()
    [row] = loop.rows(Ticket, source_id="next")
    assert row.embed_text == "Hm\nThe payment failed at noon."
    assert again(loop).done == 0
