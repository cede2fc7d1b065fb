"""Whatever people decide, in any order: no ticket is lost, no id comes twice, and undoing all puts everything back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.service import clusters, locking, placing, review_answers
from bridge.service.errors import ServiceError
from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.grouping import GroupingAnswer
from bridge.store.memberships import redirects
from tests.pipeline.loop import Loop, three_issues, ticket
from tests.service.doubts import alone, exactly

TICKETS, CLUSTERS = st.integers(1, 9), st.integers(1, 9)
ACTS = st.one_of(
    st.tuples(st.just("belongs"), TICKETS, CLUSTERS),
    st.tuples(st.just("neither"), TICKETS, CLUSTERS),
    st.tuples(st.just("confirm"), TICKETS, CLUSTERS),
    st.tuples(st.just("move"), TICKETS, CLUSTERS),
    st.tuples(st.just("wrong"), TICKETS, CLUSTERS),
    st.tuples(st.just("new"), TICKETS, CLUSTERS),
    st.tuples(st.just("split"), TICKETS, CLUSTERS),
    st.tuples(st.just("merge"), CLUSTERS, CLUSTERS),
    st.tuples(st.just("lock"), CLUSTERS, CLUSTERS),
    st.tuples(st.just("unlock"), CLUSTERS, CLUSTERS),
)
PLACING = ("belongs", "neither", "confirm", "move", "new", "split")


def furnish(db: Database) -> Loop:
    """Nine tickets: five in three issues, two in doubt between them, one that nothing is like, one in doubt of one."""
    loop = Loop(db)
    first, second, third = three_issues(loop)
    loop.put(*(ticket(str(n), f"Something else {n}") for n in (6, 7, 8, 9)))
    loop.pull()
    alone(loop, "Login or export", "6", [(first, 0.7, 0.9), (second, 0.69, 0.7)])
    own = alone(loop, "Export or typo", "7", [(second, 0.6, 0.5), (third, 0.5, 0.4)])
    alone(loop, "Nothing like it", "8")
    alone(loop, "Like the other single", "9", [(own, 0.66, 0.8)])
    return loop


def act(loop: Loop, what: str, one: int, two: int) -> bool:
    """Do it, if it can be done now."""
    loop.clock.pass_(60)
    calls = {
        "belongs": lambda: loop.decide(review_answers.belongs, [one], two),
        "neither": lambda: loop.decide(review_answers.neither, one),
        "confirm": lambda: loop.decide(placing.confirm_same, one, two),
        "move": lambda: loop.decide(clusters.move, [one, one % 9 + 1], two),
        "wrong": lambda: loop.decide(placing.wrong_issue, one),
        "new": lambda: loop.decide(placing.new_issue, one),
        "split": lambda: loop.decide(clusters.split, two, [one]),
        "merge": lambda: loop.decide(clusters.merge_clusters, one, two),
        "lock": lambda: loop.decide(locking.lock, one),
        "unlock": lambda: loop.decide(locking.unlock, one),
    }
    before = len(loop.rows(Event))
    try:
        calls[what]()
    except ServiceError:
        return False
    return len(loop.rows(Event)) > before


def conserved(loop: Loop, unplaced: set[int]) -> None:
    """Each ticket has one place, in an issue that lives; every tombstone leads to one that does."""
    living = {row.id for row in loop.rows(Cluster) if row.merged_into is None}
    places = {row.ticket_id: row.cluster_id for row in loop.rows(Membership)}
    assert set(places) == set(range(1, 10)) - unplaced
    assert set(places.values()) <= living
    with loop.db.read() as session:
        assert set(redirects(session).values()) <= living


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=1, max_size=7))
def test_undoing_all_restores_everything(
    acts: list[tuple[str, int, int]], sqlite_db: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("decided") / "bridge.db"
    path.write_bytes(Path(str(sqlite_db.url.database)).read_bytes())
    database = Database(f"sqlite:///{path}")
    try:
        loop = furnish(database)
        states, homeless = [exactly(loop)], set[int]()
        for what, one, two in acts:
            if act(loop, what, one, two):
                placed = {one} | ({one % 9 + 1} if what == "move" else set())
                homeless = homeless | {one} if what == "wrong" else homeless - placed if what in PLACING else homeless
                states.append(exactly(loop))
            conserved(loop, homeless)
        ids = [row.id for row in loop.rows(Cluster)]
        assert len(ids) == len(set(ids))
        for state in reversed(states[:-1]):
            loop.clock.pass_(60)
            loop.decide(clusters.undo)
            assert exactly(loop) == state
            conserved(loop, set(range(1, 10)) - set(state["places"]))
        assert all(answer.undone for answer in loop.rows(GroupingAnswer))
        assert {row.id for row in loop.rows(Cluster)} == set(ids), "undo makes and removes no id"
        with pytest.raises(ServiceError):
            loop.decide(clusters.undo)
    finally:
        database.dispose()
        path.unlink()
