"""What parts speak of: surely another issue, never the ticket's own, at most two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.clustering import Placement, Plan, group
from bridge.analysis.embedding import Vectors
from bridge.analysis.secondary import SHOWN, Parts
from bridge.words import Origin

TOPICS = np.eye(8, dtype=np.float32)
EACH = 4
LONG = 100


def unit(rows: Vectors) -> Vectors:
    found: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def planned(parts: Vectors, topics: int = 5, rejected: Sequence[tuple[int, int]] = (), own: int = 1) -> Plan:
    """Clusters 1, 2, ... of four tickets a topic; ticket ``LONG`` of cluster ``own`` says ``parts``."""
    tickets = [*range(1, topics * EACH + 1), LONG]
    vectors = np.concatenate([np.repeat(TOPICS[:topics], EACH, axis=0), TOPICS[own - 1 : own]])
    placed = {t: Placement((t - 1) // EACH + 1, Origin.MODEL) for t in tickets[:-1]}
    placed[LONG] = Placement(own, Origin.HUMAN)
    portion = Parts([(LONG, 50 * i, 50 * i + 49) for i in range(len(parts))], unit(parts))
    return group(tickets, vectors, placed, rejected=rejected, consolidating=True, parts_of=lambda _: [portion])


def spoken(plan: Plan) -> list[tuple[int, int]]:
    return [(said.cluster, said.begins) for said in plan.secondary.get(LONG, ())]


def test_a_part_on_another_topic_speaks_of_it_and_one_on_the_own_does_not() -> None:
    assert spoken(planned(TOPICS[[0, 2]])) == [(3, 50)]


def test_at_most_two_the_surest_each_once() -> None:
    clear, weaker = TOPICS[[1, 2, 2]], TOPICS[3:4] + 0.3 * TOPICS[5:6]
    assert spoken(planned(np.concatenate([clear, weaker]))) == [(2, 0), (3, 50)]


def test_not_what_a_person_denied_nor_what_is_near_nothing() -> None:
    assert spoken(planned(TOPICS[[0, 2]], rejected=[(LONG, 3)])) == []
    assert spoken(planned(TOPICS[[0, 7]])) == []


def test_a_part_between_the_own_and_another_issue_stays_with_its_own() -> None:
    assert spoken(planned((TOPICS[0] + TOPICS[1])[None])) == []


def test_an_issue_of_one_ticket_is_not_spoken_of() -> None:
    tickets, vectors = [1, 2, 3], TOPICS[[0, 0, 1]]
    portion = Parts([(1, 0, 49), (1, 50, 99)], TOPICS[[0, 1]])
    placed = {1: Placement(1, Origin.MODEL), 2: Placement(1, Origin.MODEL), 3: Placement(2, Origin.MODEL)}
    assert group(tickets, vectors, placed, consolidating=True, parts_of=lambda _: [portion]).secondary == {}


@given(st.lists(st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8).filter(any), min_size=1, max_size=6))
def test_never_the_own_issue_never_more_than_two_and_the_grouping_stays(parts: list[list[float]]) -> None:
    rows = np.array(parts, dtype=np.float32) + np.float32(1e-3)
    plan, without = planned(rows), planned(rows[:0])
    clusters = [cluster for cluster, _ in spoken(plan)]
    assert len(clusters) == len(set(clusters)) <= SHOWN
    assert 1 not in clusters
    assert (plan.assign, plan.moves, plan.merges) == (without.assign, without.moves, without.merges)
