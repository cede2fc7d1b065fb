"""Promises of a grouping plan, whatever the tickets: nothing lost, nothing people decided undone, nothing done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.analysis.assigning import Params
from bridge.analysis.clustering import Flags, Merge, Placement, Plan, _Run, _Said, group, wants_consolidation
from bridge.analysis.embedding import Vectors
from bridge.analysis.smoothing import Smoothing, make_frame, read_frame
from bridge.words import Origin

DIM = 24
FIRST_ID = 100


@dataclass
class World:
    """Applies plans as a caller does: ids count up and are never used again."""

    vectors: Vectors
    placed: dict[int, Placement] = field(default_factory=dict)
    flags: dict[int, Flags] = field(default_factory=dict)
    rejected: set[tuple[int, int]] = field(default_factory=set)
    last_id: int = FIRST_ID
    gone: set[int] = field(default_factory=set)

    def plan(self, tickets: list[int], *, consolidating: bool) -> Plan:
        rows = self.vectors[tickets]
        return group(tickets, rows, self.placed, flags=self.flags, rejected=self.rejected, consolidating=consolidating)

    def apply(self, plan: Plan) -> None:
        winners = {merge.loser: merge.winner for merge in plan.merges}
        self.placed = {t: Placement(winners.get(p.cluster, p.cluster), p.origin) for t, p in self.placed.items()}
        self.gone |= set(winners)
        opened: dict[int, int] = {}
        for ticket, assignment in {**plan.assign, **plan.moves}.items():
            cluster = assignment.cluster
            if cluster < 0 and cluster not in opened:
                self.last_id += 1
                opened[cluster] = self.last_id
            self.placed[ticket] = Placement(opened.get(cluster, cluster), Origin.MODEL)

    def run(self, tickets: list[int], *, consolidating: bool) -> Plan:
        plan = self.plan(tickets, consolidating=consolidating)
        self.apply(plan)
        return plan


def clouds(seed: int, tickets: int, topics: int, spread: float) -> Vectors:
    """Unit vectors around ``topics`` random centres, a third of them alone."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(topics, DIM))
    topic = rng.integers(0, topics, size=tickets)
    points = centres[topic] + spread * rng.normal(size=(tickets, DIM))
    alone = rng.random(tickets) < 1 / 3
    points[alone] = rng.normal(size=(alone.sum(), DIM))
    unit: Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return unit


SETS = st.builds(
    clouds,
    seed=st.integers(0, 10_000),
    tickets=st.integers(1, 120),
    topics=st.integers(1, 8),
    spread=st.sampled_from([0.0, 0.2, 0.5, 0.8]),
)
SLOWLY = settings(deadline=None, max_examples=60)


def clusters(placed: Mapping[int, Placement]) -> set[frozenset[int]]:
    members: dict[int, set[int]] = {}
    for ticket, placement in placed.items():
        members.setdefault(placement.cluster, set()).add(ticket)
    return {frozenset(tickets) for tickets in members.values()}


@SLOWLY
@given(SETS, st.data())
def test_every_ticket_lands_in_one_cluster_and_the_old_stay(vectors: Vectors, data: st.DataObject) -> None:
    world = World(vectors)
    everyone = list(range(len(vectors)))
    early = data.draw(st.lists(st.sampled_from(everyone), unique=True))
    world.run(early, consolidating=True)
    before = dict(world.placed)

    plan = world.run(everyone, consolidating=False)

    assert set(everyone) == set(world.placed)
    assert set(everyone) - set(early) == set(plan.assign)
    assert (plan.moves, plan.merges) == ({}, ())
    assert before == {ticket: world.placed[ticket] for ticket in early}


@SLOWLY
@given(SETS)
def test_a_consolidated_state_has_nothing_left_to_do(vectors: Vectors) -> None:
    world = World(vectors)
    everyone = list(range(len(vectors)))
    world.run(everyone, consolidating=True)

    assert not world.plan(everyone, consolidating=False)
    assert not world.plan(everyone, consolidating=True)


@SLOWLY
@given(SETS, st.randoms(use_true_random=False))
def test_the_order_in_which_tickets_are_handed_over_does_not_matter(vectors: Vectors, random: object) -> None:
    everyone = list(range(len(vectors)))
    shuffled = list(everyone)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert World(vectors).plan(everyone, consolidating=True) == World(vectors).plan(shuffled, consolidating=True)


@SLOWLY
@given(SETS, st.data())
def test_what_people_decided_outlives_any_consolidation(vectors: Vectors, data: st.DataObject) -> None:
    everyone = list(range(len(vectors)))
    some = st.sets(st.sampled_from(everyone), max_size=len(everyone))
    ids = st.integers(1, 6)
    world = World(vectors)
    for ticket in data.draw(some):
        origin = data.draw(st.sampled_from([Origin.MODEL, Origin.HUMAN]))
        world.placed[ticket] = Placement(data.draw(ids), origin)
    world.flags = {
        cluster: data.draw(st.sampled_from([Flags(anchored=True), Flags(locked=True), Flags()]))
        for cluster in range(1, 7)
    }
    world.rejected = {(data.draw(st.sampled_from(everyone)), data.draw(ids)) for _ in range(5)}
    human = {t: p for t, p in world.placed.items() if p.origin is Origin.HUMAN}
    before = dict(world.placed)

    plan = world.run(everyone, consolidating=True)

    assert set(everyone) == set(world.placed)
    assert human == {ticket: world.placed[ticket] for ticket in human}
    assert world.gone.isdisjoint(c for c, flag in world.flags.items() if flag.anchored or flag.locked)
    assert world.gone.isdisjoint(p.cluster for p in human.values())
    assert world.gone.isdisjoint(p.cluster for p in world.placed.values())
    for ticket, placement in before.items():
        flag = world.flags[placement.cluster]
        if (flag.anchored or flag.locked) and (ticket, placement.cluster) not in world.rejected:
            assert placement.cluster == world.placed[ticket].cluster
    locked = {c for c, flag in world.flags.items() if flag.locked}
    assert locked.isdisjoint(a.cluster for a in (*plan.assign.values(), *plan.moves.values()))
    for ticket, cluster in world.rejected:
        assert ticket in human or world.placed[ticket].cluster != cluster


@SLOWLY
@given(SETS, st.integers(2, 5))
def test_ids_are_kept_or_redirected_never_used_again(vectors: Vectors, batches: int) -> None:
    world = World(vectors)
    seen: set[int] = set()
    for batch in range(batches):
        live = list(range(len(vectors) * (batch + 1) // batches))
        world.run(live, consolidating=batch % 2 == 1)
        now = {placement.cluster for placement in world.placed.values()}
        assert seen <= now | world.gone
        assert now.isdisjoint(world.gone)
        seen |= now


def test_same_texts_meet_and_strangers_do_not() -> None:
    topics = np.eye(DIM, dtype=np.float32)[:3]
    world = World(np.concatenate([topics, topics, topics]))
    world.run(list(range(9)), consolidating=False)

    assert clusters(world.placed) == {frozenset({t, t + 3, t + 6}) for t in range(3)}


def test_two_published_issues_are_never_merged_and_an_unpublished_one_joins_the_published() -> None:
    same = World(np.tile(np.eye(DIM, dtype=np.float32)[:1], (6, 1)))
    same.placed = {ticket: Placement(1 + ticket // 2, Origin.MODEL) for ticket in range(6)}
    same.flags = {1: Flags(), 2: Flags(anchored=True), 3: Flags(anchored=True)}
    same.run(list(range(6)), consolidating=True)

    assert {placement.cluster for placement in same.placed.values()} == {2, 3}
    assert same.gone == {1}


def test_a_known_id_beats_a_bigger_newcomer() -> None:
    world = World(np.tile(np.eye(DIM, dtype=np.float32)[:1], (9, 1)))
    world.placed = {0: Placement(7, Origin.MODEL)}
    world.run(list(range(9)), consolidating=True)

    assert {placement.cluster for placement in world.placed.values()} == {7}


def test_not_this_sends_a_ticket_away_and_leaves_no_redirect() -> None:
    world = World(np.eye(DIM, dtype=np.float32)[:2])
    world.placed = {0: Placement(1, Origin.MODEL), 1: Placement(2, Origin.MODEL)}
    world.rejected = {(0, 1)}
    plan = world.run([0, 1], consolidating=True)

    assert set(plan.moves) == {0}
    assert plan.merges == ()


def test_nothing_gives_nothing() -> None:
    empty = np.zeros((0, DIM), dtype=np.float32)

    assert not group([], empty, {})
    assert not group([], empty, {}, consolidating=True)


def test_ids_and_vectors_must_agree() -> None:
    with pytest.raises(ValueError, match="2 tickets but 1 vectors"):
        group([1, 2], np.ones((1, DIM), dtype=np.float32), {})


@pytest.mark.parametrize(("new", "placed", "wanted"), [(0, 0, False), (1200, 0, True), (5, 10, False), (30, 100, True)])
def test_a_backfill_wants_consolidation(new: int, placed: int, wanted: bool) -> None:
    assert wants_consolidation(new, placed) is wanted


def difference(placed: dict[int, int], labels: list[int], *, denied: tuple[tuple[int, int], ...] = ()) -> Plan:
    """The plan of a run that ended with these slots, one a ticket; tickets count from 1."""
    before = {ticket: Placement(cluster, Origin.MODEL) for ticket, cluster in placed.items()}
    tickets = list(range(1, len(labels) + 1))
    vectors = np.eye(len(labels), dtype=np.float32)
    said = _Said({}, frozenset(denied), frozenset())
    return _Run(tickets, vectors, before, said, Params(), None)._difference(labels)


def test_a_cluster_that_is_formed_anew_keeps_the_id_of_its_largest_part() -> None:
    plan = difference({1: 10, 2: 10, 3: 11}, [2, 2, 2, 2, 3, 3])

    assert plan.merges == (Merge(11, 10),)
    assert {ticket: a.cluster for ticket, a in plan.assign.items()} == {4: 10, 5: -1, 6: -1}
    assert plan.moves == {}


def test_nothing_is_renamed_that_has_kept_its_tickets() -> None:
    """Two singles that changed places on the way, slot by slot, are the two singles they were."""
    assert not difference({1: 10, 2: 11}, [1, 2])


def test_a_cluster_does_not_take_over_an_id_that_one_of_its_tickets_was_denied() -> None:
    plan = difference({1: 10, 2: 10}, [1, 1, 1], denied=((3, 10),))

    assert plan.assign[3].cluster == -1
    assert plan.merges == (Merge(10, -1),)


@SLOWLY
@given(SETS, st.data())
def test_grouping_afresh_keeps_what_people_and_trackers_hold(vectors: Vectors, data: st.DataObject) -> None:
    world = World(vectors)
    tickets = list(range(len(vectors)))
    world.run(tickets, consolidating=True)
    chosen = data.draw(st.lists(st.sampled_from(tickets), unique=True, max_size=5))
    for ticket in chosen:
        world.placed[ticket] = Placement(world.placed[ticket].cluster, Origin.HUMAN)
    held = {world.placed[ticket].cluster for ticket in tickets[:2]}
    world.flags = {cluster: Flags(anchored=True) for cluster in held}
    before = dict(world.placed)
    plan = group(tickets, vectors, world.placed, flags=world.flags, consolidating=True, afresh=True)
    world.apply(plan)
    assert set(world.placed) == set(tickets)
    assert all(world.placed[ticket] == before[ticket] for ticket in chosen)
    assert all(world.placed[t].cluster == p.cluster for t, p in before.items() if p.cluster in held)
    assert not {pair.loser for pair in plan.merges} & held


@SLOWLY
@given(SETS, st.data())
def test_clusters_that_people_keep_apart_are_never_merged(vectors: Vectors, data: st.DataObject) -> None:
    tickets = list(range(len(vectors)))
    halves = {ticket: Placement(1 + ticket % 2, Origin.MODEL) for ticket in tickets}
    people = data.draw(st.lists(st.sampled_from(tickets), unique=True, max_size=4))
    halves |= {ticket: Placement(halves[ticket].cluster, Origin.HUMAN) for ticket in people}
    plan = group(tickets, vectors, halves, apart=[(1, 2)], consolidating=True)
    assert not {(1, 2), (2, 1)} & {(pair.loser, pair.winner) for pair in plan.merges}


def test_parts_of_a_merged_issue_keep_a_centre_each() -> None:
    vectors = np.eye(8, DIM, dtype=np.float32)[[0, 0, 0, 1, 1, 1, 0, 1]]
    placed = {t: Placement(5, Origin.HUMAN, part=None if t < 3 else 9) for t in range(6)}
    plan = group(range(8), vectors, placed)
    assert {t: (a.cluster, a.part) for t, a in plan.assign.items()} == {6: (5, None), 7: (5, 9)}


def test_a_ticket_alone_that_comes_near_a_cluster_is_told_with_its_candidate() -> None:
    rng = np.random.default_rng(3)
    centre = rng.normal(size=DIM)
    near, alone = centre + 0.1 * rng.normal(size=(6, DIM)), centre + 1.1 * rng.normal(size=DIM)
    points = np.vstack([near, alone, rng.normal(size=(12, DIM))])
    vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    params = Params(smoothing=Smoothing(anchors=0), doubt=0.5)
    plan = group(range(len(vectors)), vectors, {}, params=params, consolidating=True)
    sizes = Counter(a.cluster for a in plan.assign.values())
    assert plan.doubts, "one ticket was made to lie between"
    for ticket, doubts in plan.doubts.items():
        assert sizes[plan.assign[ticket].cluster] == 1
        for doubt in doubts:
            assert sizes[doubt.cluster] == doubt.size > 1
            assert params.doubt * doubt.bar <= doubt.similarity <= doubt.nearest


@given(st.integers(1, 40), st.integers(0, 1000))
def test_a_frame_shows_the_same_after_it_was_stored(count: int, seed: int) -> None:
    vectors = clouds(seed, count, 3, 0.5)
    frame = make_frame(range(count), vectors, Smoothing())
    again = read_frame(frame.pack(), Smoothing())
    np.testing.assert_allclose(again.view(vectors), frame.view(vectors), atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(frame.view(vectors), axis=1), 1, atol=1e-5)


def test_what_comes_is_strange_when_it_is_like_nothing_that_was_there() -> None:
    rng = np.random.default_rng(0)
    known, other = rng.normal(size=(4, DIM)), rng.normal(size=(4, DIM))

    def around(centres: Vectors) -> Vectors:
        points = centres[rng.integers(0, 4, 300)] + 0.3 * rng.normal(size=(300, DIM))
        unit: Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
        return unit

    frame = make_frame(range(300), around(known), Smoothing())
    assert frame.strange(around(known)) < 0.2
    assert frame.strange(around(other)) > 0.8
