"""Another model takes over without a gap, and a damaged vector is never used."""

from __future__ import annotations

from functools import partial

import pytest
from sqlmodel import Session, select

from bridge.analysis.embedding import ModelError
from bridge.pipeline.embed import Successor, embed
from bridge.progress import StepReport
from bridge.service.models import model_state
from bridge.store.clusters import Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.memberships import live_hashes
from bridge.store.models import Chosen, in_use, put_in_use, want
from bridge.store.vectors import Vector, models, packed_vectors
from tests.pipeline.loop import MODEL, Loop, WordBag, ticket

OLD, NEW = Chosen(MODEL, "old"), Chosen("words@2", "new")


class Another(WordBag):
    model_id = NEW.id


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    made.put(*(ticket(str(n), f"word{n}") for n in range(6)))
    made.pull()
    made.embed()
    made.group()
    with db.write() as session:
        put_in_use(session, OLD)
        want(session, NEW, "")
    return made


def follow(loop: Loop, *stops: bool, seconds: float | None = None, load: object = Another) -> StepReport:
    answers = iter(stops)
    with loop.lease() as lease:
        successor = Successor(NEW, load, loop.clock, seconds)  # type: ignore[arg-type]
        stop = partial(next, answers, bool(stops))
        return embed(loop.db, MODEL, lambda: loop.bag, lease=lease, batch_size=2, successor=successor, stop=stop)


def used(loop: Loop) -> Chosen | None:
    with loop.db.read() as session:
        return in_use(session)


def counts(loop: Loop) -> dict[str, int]:
    with loop.db.read() as session:
        return {row.model: row.vectors for row in models(session)}


def test_the_former_model_serves_until_all_have_a_vector(loop: Loop) -> None:
    placed = {(m.ticket_id, m.cluster_id) for m in loop.rows(Membership)}
    follow(loop, False, True)
    with loop.db.read() as session:
        state = model_state(session)
    assert (state.in_use, state.follows) == (OLD.id, NEW.id)
    assert state.share == pytest.approx(2 / 6)
    assert used(loop) == OLD

    loop.put(ticket("new", "somethingnew"))
    loop.pull()
    follow(loop, False, False, True)
    assert counts(loop)[OLD.id] == 7
    assert used(loop) == OLD

    report = follow(loop)
    assert report.ok
    assert used(loop) == NEW
    assert counts(loop) == {OLD.id: 7, NEW.id: 7}
    assert {(m.ticket_id, m.cluster_id) for m in loop.rows(Membership)} == placed
    with loop.db.read() as session:
        (event,) = session.exec(select(Event).where(Event.kind == "model.switched"))
        assert (event.before, event.after) == ({"model": OLD.id}, {"model": NEW.id})
        assert model_state(session).follows is None


def test_a_run_of_the_worker_ends_when_its_time_is_up(loop: Loop) -> None:
    follow(loop, seconds=0)

    assert used(loop) == OLD


def test_a_model_that_is_gone_does_not_keep_its_successor_from_taking_over(loop: Loop) -> None:
    loop.put(ticket("late", "latecomer"))
    loop.pull()

    def gone() -> WordBag:
        raise ModelError("the folder is gone")

    with loop.lease() as lease:
        report = embed(loop.db, MODEL, gone, lease=lease, batch_size=2, successor=Successor(NEW, Another, loop.clock))
    assert report.error == "the folder is gone"
    assert used(loop) == NEW


def test_a_successor_that_cannot_be_loaded_changes_nothing(loop: Loop) -> None:
    def broken() -> WordBag:
        raise ModelError("no such model")

    assert follow(loop, load=broken).error == "no such model"
    assert used(loop) == OLD


def served(session: Session) -> dict[str, bytes]:
    return packed_vectors(session, MODEL, [content_hash for _, content_hash, _ in live_hashes(session, MODEL)])


def test_a_damaged_vector_is_left_out_and_computed_again(loop: Loop) -> None:
    with loop.db.write() as session:
        row = session.exec(select(Vector)).first()
        assert row is not None
        sound = row.data
        row.data = bytes([row.data[0] ^ 1]) + row.data[1:]
        session.add(row)
    with loop.db.read() as session:
        assert len(served(session)) == 5
    report = loop.embed()

    assert report.notes == ["1 stored vectors were damaged: they were deleted and are computed again"]
    with loop.db.read() as session:
        assert len(served(session)) == 6
        again = session.get(Vector, (MODEL, row.content_hash))
        assert again is not None
        assert again.data == sound
    assert loop.embed().notes == []
