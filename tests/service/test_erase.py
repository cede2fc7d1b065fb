"""What is erased is gone: from every table, from the bytes of the files, and it does not come back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bridge.pipeline.publish import Policy
from bridge.service import erase, remedies
from bridge.service.access import Actor, Forbidden
from bridge.service.erase import Erasure, Kind
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.accounts import Account
from bridge.store.chain import verify
from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.requests import IdempotentAnswer
from bridge.store.sync import sync_state
from bridge.store.tables import metadata
from bridge.store.tickets import SetAside, Ticket
from bridge.store.vectors import Vector
from bridge.words import Role
from tests.pipeline.loop import AGENT, AUTOMATIC, Loop, ticket
from tests.pipeline.other_side import START

ADMIN = Actor("the admin", Role.ADMIN)
SECRET = b"secret"
WHO = "ada@tangerine.example"
CANARIES = ("kumquat", "tangerine", "persimmon")
TITLE = "Kumquat labels print sideways"


@pytest.fixture
def loop(db: Database) -> Loop:
    """Ada's two tickets, one alone in its issue, one with another's; both issues published, one with a plan told."""
    loop = Loop(db)
    loop.account("Tangerine Trading", 50_000.0, "tangerine.example")
    loop.put(
        ticket("1", TITLE, requester=WHO, tags=("persimmon",), attributes={"x": "persimmon"}, body="kumquat persimmon",
               url="https://desk.example/persimmon/1"),
        ticket("2", "Kumquat export", requester=WHO, body="the kumquat export stops at row nine"),
        ticket("3", "Export stops", requester="bob@other.example", body="the export stops at row nine"),
    )  # fmt: skip
    loop.pull()
    loop.embed()
    loop.group()
    loop.cluster(TITLE, "1")
    loop.cluster("Kumquat export", "2", "3")
    loop.rank()
    both = Policy(automatic=True, top=20, min_accounts=1)
    loop.send(both)
    alone = loop.places()["2"]
    for change in ({"state": "investigating", "say": "We look.", "say_short": "We look.", "owner": "R. Diaz"},):
        loop.decide(remedies.edit, alone, change)
    loop.push()
    with loop.db.write() as session:
        session.add(IdempotentAnswer(who="a", key="k", request_hash="h", answer={"t": "kumquat"}, at=START))
    return loop


def run(loop: Loop, kind: Kind, name: str, actor: Actor = ADMIN, reason: str = "asked for by letter 7") -> Erasure:
    with loop.db.write() as session:
        target = erase.find(session, actor, kind, name, SECRET)
        done = erase.erase(session, actor, target, reason=reason, at=loop.clock())
    assert loop.db.forget()
    return done


def look(loop: Loop, kind: Kind, name: str) -> Erasure:
    with loop.db.read() as session:
        return erase.preview(session, ADMIN, erase.find(session, ADMIN, kind, name, SECRET))


def everything(db: Database) -> str:
    """Every value of every table."""
    with db.read() as session:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in session.execute(table.select()))


def bytes_of(db: Database) -> bytes:
    """What the database's files hold, the log of changes too."""
    path = Path(str(db.url.database))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def leaks(db: Database) -> list[str]:
    text = everything(db).casefold()
    raw = bytes_of(db).lower() if db.is_sqlite else b""
    return [word for word in CANARIES if word in text or word.encode() in raw]


def test_every_word_of_a_requester_goes_from_rows_and_files(loop: Loop) -> None:
    assert set(leaks(loop.db)) == set(CANARIES)
    expected = look(loop, Kind.REQUESTER, WHO)

    done = run(loop, Kind.REQUESTER, WHO)
    with loop.db.write() as session:
        session.delete(session.exec(select(Account).where(Account.name == "Tangerine Trading")).one())
    loop.db.forget()

    assert leaks(loop.db) == []
    assert (done.tickets, done.messages) == (2, 2)
    assert done.renamed == expected.renamed >= 2
    assert {s.what for s in done.sent_out} == {"issue"}
    with loop.db.read() as session:
        assert verify(session).breaks is None


def test_the_next_pull_brings_nothing_back_even_from_the_start(loop: Loop) -> None:
    run(loop, Kind.REQUESTER, WHO)
    loop.clock.pass_(60)
    loop.put(ticket("1", TITLE + " again", requester=WHO, at=loop.clock() - timedelta(days=2), updated_at=loop.clock()))
    loop.put(ticket("9", "Kumquat of old", requester=WHO, at=loop.clock() - timedelta(days=9)))
    with loop.db.write() as session:
        sync_state(session, "desk", "tickets").cursor = None
    loop.pull()

    assert "umquat" not in "".join(t.subject + t.embed_text for t in loop.rows(Ticket))
    assert loop.rows(Ticket, source_id="9") == []
    loop.clock.pass_(3600)
    loop.put(ticket("10", "A new question", requester=WHO, at=loop.clock()))
    loop.pull()
    assert loop.rows(Ticket, source_id="10")[0].subject == "A new question"


def test_an_issue_that_lost_its_words_is_named_by_those_that_stay_and_told_to_the_tracker(loop: Loop) -> None:
    shared, alone = loop.places()["3"], loop.places()["1"]
    run(loop, Kind.REQUESTER, WHO)
    titles = {row.id: row.title for row in loop.rows(Cluster)}
    assert titles[shared] == "Export stops"
    assert titles[alone] == "Issue without text"
    loop.rank()
    loop.clock.pass_(60)
    loop.publish(AUTOMATIC)
    loop.deliver()
    loop.clock.pass_(60)
    loop.track()
    [link] = loop.rows(TrackerLink, cluster_id=shared)
    assert link.written["title"] == "Export stops"
    assert link.left == []


def test_writes_that_wait_for_an_erased_ticket_stop(loop: Loop) -> None:
    cluster = loop.places()["3"]
    loop.decide(remedies.approve, cluster)
    loop.push()
    waiting = {row.stream for row in loop.rows(OutboxRow, state="pending") if row.kind == "push_remedy"}
    assert f"ticket:{loop.id_of('2')}" in waiting
    found = look(loop, Kind.TICKET, "desk/2")
    assert found.queued == 2

    assert run(loop, Kind.TICKET, "desk/2").queued == 2

    left = [row for row in loop.rows(OutboxRow, state="pending") if row.kind == "push_remedy"]
    assert [row.stream for row in left] == [f"ticket:{loop.id_of('3')}"]
    assert "umquat export" not in str([row.payload for row in loop.rows(OutboxRow)])


def test_what_was_told_in_a_ticket_is_listed(loop: Loop) -> None:
    loop.decide(remedies.approve, loop.places()["3"])
    loop.push()
    loop.deliver()
    found = look(loop, Kind.TICKET, "desk/2")
    assert ("note", "desk", "ticket 2") in {(s.what, s.connection, s.where) for s in found.sent_out}
    assert run(loop, Kind.TICKET, "desk/2").sent_out == found.sent_out


def test_an_account_goes_with_its_tickets(loop: Loop) -> None:
    done = run(loop, Kind.ACCOUNT, "tangerine trading")
    assert done.tickets == 2
    assert loop.rows(Account, name="Tangerine Trading") == []
    assert leaks(loop.db) == []
    assert [t.source_id for t in loop.rows(Ticket) if t.subject] == ["3"]


def test_a_vector_that_another_ticket_shares_stays(loop: Loop) -> None:
    loop.put(ticket("4", "Same words", requester=WHO, body="same"), ticket("5", "Same words", body="same"))
    loop.clock.pass_(60)
    loop.pull()
    loop.embed()
    before = len(loop.rows(Vector))
    assert look(loop, Kind.TICKET, "desk/4").vectors == 0
    run(loop, Kind.TICKET, "desk/4")
    assert len(loop.rows(Vector)) == before
    run(loop, Kind.TICKET, "desk/5")
    assert len(loop.rows(Vector)) == before - 1


def test_excerpts_of_records_that_nobody_can_name_go(loop: Loop) -> None:
    with loop.db.write() as session:
        for ref in ("row 7", "3", "1"):
            session.add(SetAside(connection="desk", stream="tickets", ref=ref, reason="r", hash=ref, excerpt="words",
                                 first_seen_at=START, last_seen_at=START))  # fmt: skip
    run(loop, Kind.REQUESTER, WHO)
    assert {row.ref: row.excerpt for row in loop.rows(SetAside)} == {"row 7": "", "3": "words"}


def test_events_tell_ids_and_no_words(loop: Loop) -> None:
    run(loop, Kind.REQUESTER, WHO)
    [event] = loop.rows(Event, kind="data.erased")
    assert (event.subject, event.actor, event.after["tickets"]) == ("requester", ADMIN.name, [1, 2])
    assert WHO not in str(event)
    assert loop.rows(Membership, ticket_id=1) == []


def test_old_tickets_expire_and_come_back_only_when_they_change(loop: Loop) -> None:
    with loop.db.write() as session:
        session.get_one(Ticket, 3).updated_at = loop.clock()
    assert erase.expire(loop.db, 0, at=loop.clock()) == 0
    assert erase.expire(loop.db, 1, at=loop.clock()) == 2
    assert erase.expire(loop.db, 1, at=loop.clock()) == 0
    assert [t.source_id for t in loop.rows(Ticket) if t.subject] == ["3"]
    with loop.db.write() as session:
        sync_state(session, "desk", "tickets").cursor = None
    loop.pull()
    assert loop.rows(Ticket, source_id="1")[0].subject == ""
    loop.clock.pass_(60)
    loop.put(ticket("1", "It happens again", requester=WHO, updated_at=loop.clock()))
    loop.pull()
    assert loop.rows(Ticket, source_id="1")[0].subject == "It happens again"
    assert loop.rows(Ticket, source_id="1")[0].deleted_at is None


@pytest.mark.parametrize(
    ("kind", "name", "error"),
    [
        (Kind.TICKET, "desk/77", UnknownId),
        (Kind.TICKET, "77", UnknownId),
        (Kind.ACCOUNT, "Nobody", UnknownId),
        (Kind.REQUESTER, "  ", ServiceError),
    ],
)
def test_what_is_not_there_is_said(loop: Loop, kind: Kind, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(loop, kind, name)


def test_only_admins_erase_and_say_why(loop: Loop) -> None:
    with pytest.raises(Forbidden):
        run(loop, Kind.REQUESTER, WHO, actor=AGENT)
    with pytest.raises(ServiceError, match="give the reason"):
        run(loop, Kind.REQUESTER, WHO, reason=" ")
    assert len(loop.rows(Ticket)) == 3
    assert all(t.subject for t in loop.rows(Ticket))
