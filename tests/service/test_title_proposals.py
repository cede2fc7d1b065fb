"""A title is a person's decision: a suggestion names nothing until somebody accepts it, whatever it says."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bridge.analysis.embedding import Vectors
from bridge.service import title_proposals as titles
from bridge.service.access import Forbidden
from bridge.service.erase import Kind
from bridge.service.errors import ServiceError
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.erasing import bury_text
from bridge.store.events import Event
from bridge.store.grouping import TitleProposal
from tests.analysis.test_title_checks import INJECTED
from tests.pipeline.loop import AGENT, MODEL, PM, Loop, three_issues

SUGGESTED = "Export stops halfway"


@pytest.fixture
def loop(db: Database) -> Loop:
    found = Loop(db)
    three_issues(found)
    found.embed()
    return found


def title(loop: Loop, cluster_id: int = 1) -> tuple[str, str]:
    with loop.db.read() as session:
        row = session.get_one(Cluster, cluster_id)
        return row.title, row.title_by


def suggest(loop: Loop, text: str = SUGGESTED) -> TitleProposal | None:
    with loop.db.write() as session:
        return titles.keep(session, PM, 1, text, "small", at=loop.clock())


def test_a_suggestion_changes_no_title(loop: Loop) -> None:
    before = title(loop)
    assert suggest(loop) is not None
    assert title(loop) == before


def test_accepted_it_is_that_persons_word(loop: Loop) -> None:
    suggest(loop)
    with loop.db.write() as session:
        titles.accept(session, PM, 1, at=loop.clock())
    assert title(loop) == (SUGGESTED, PM.name)
    with loop.db.read() as session:
        assert session.get(TitleProposal, 1) is None
        event = session.exec(select(Event).where(Event.kind == titles.RENAMED)).one()
        assert SUGGESTED not in f"{event.before}{event.after}{event.reason}"
    with loop.db.write() as session, pytest.raises(ServiceError):
        titles.accept(session, PM, 1, at=loop.clock())


def test_declined_it_is_gone(loop: Loop) -> None:
    before = title(loop)
    suggest(loop)
    with loop.db.write() as session:
        titles.decline(session, PM, 1, at=loop.clock())
        assert titles.pending(session, PM, 1) is None
    assert title(loop) == before


def test_a_persons_title_gets_no_suggestion(loop: Loop) -> None:
    with loop.db.write() as session:
        titles.rename(session, PM, 1, "Totals do not add up", at=loop.clock(), reason="clearer")
    assert suggest(loop) is None
    assert title(loop) == ("Totals do not add up", PM.name)


@pytest.mark.parametrize("bad", ["", "  ", "x" * 81, "a\x00b"])
def test_a_title_is_one_line(loop: Loop, bad: str) -> None:
    with loop.db.write() as session, pytest.raises(ServiceError):
        titles.rename(session, PM, 1, bad, at=loop.clock())


def test_agents_name_nothing(loop: Loop) -> None:
    with loop.db.write() as session:
        for act in (titles.accept, titles.decline):
            with pytest.raises(Forbidden):
                act(session, AGENT, 1, at=loop.clock())
        with pytest.raises(Forbidden):
            titles.rename(session, AGENT, 1, "Totals", at=loop.clock())
        with pytest.raises(Forbidden):
            titles.pending(session, AGENT, 1)


def test_erasing_takes_suggestions_along(loop: Loop) -> None:
    assert Kind.TICKET
    suggest(loop)
    with loop.db.write() as session:
        bury_text(session, [1], "erased", loop.clock())
    with loop.db.read() as session:
        assert session.get(TitleProposal, 1) is None


def sent(loop: Loop) -> tuple[list[str], Vectors]:
    with loop.db.read() as session:
        quotes, middle = titles.quotes_to_send(session, PM, 1, model=MODEL)
    assert middle is not None
    return quotes, middle


@pytest.mark.parametrize("text", INJECTED)
def test_what_a_ticket_talked_the_model_into_is_dropped(loop: Loop, text: str) -> None:
    quotes, middle = sent(loop)
    _, why = titles.checked(text, quotes, middle, lambda said: (MODEL, loop.bag.encode([said])[0]), -1)
    assert why is not None


def test_what_means_something_else_is_dropped(loop: Loop) -> None:
    quotes, middle = sent(loop)

    def encode(said: str) -> tuple[str, Vectors]:
        return MODEL, loop.bag.encode([said])[0]

    own = " ".join(quotes[0].split()[:6])
    assert titles.checked(own, quotes, middle, encode, 0.3) == (own.rstrip("."), None)
    assert titles.checked("Zebras gallop elsewhere", quotes, middle, encode, 0.3)[1] is not None
