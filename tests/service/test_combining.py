"""What a preview of a merge or a split shows is what the deed then does, and undo restores all of it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.service import clusters, remedies
from bridge.service.access import Actor, Forbidden
from bridge.service.combining import MOST, merge_all, merge_preview, split_preview
from bridge.service.decisions import undo_all
from bridge.service.errors import ServiceError
from bridge.service.publish_preview import publish_preview
from bridge.service.targets import find_targets
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow
from bridge.words import Role
from connectors._body import block_of
from tests.pipeline.loop import PM, Loop, three_issues


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def read(loop: Loop, act: Any, *args: Any, **named: Any) -> Any:
    with loop.db.read() as session:
        return act(session, PM, *args, **named)


def placed(loop: Loop) -> set[tuple[int, int, float, str]]:
    return {(r.ticket_id, r.cluster_id, r.q, r.origin) for r in loop.rows(Membership)}


def ranked(loop: Loop, cluster_id: int) -> Score:
    loop.rank()
    return max(loop.rows(Score, cluster_id=cluster_id), key=lambda score: score.run_id)


def test_merge_does_what_its_preview_shows(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    preview = read(loop, merge_preview, [first, second, third], None, at=loop.clock())
    assert preview.winner.cluster_id == first
    assert (preview.moved, preview.together.tickets) == (3, 5)
    before = placed(loop)
    winner, events = loop.decide(merge_all, [first, second, third], first)
    score = ranked(loop, winner.id)
    assert score.score == pytest.approx(preview.together.score, abs=1e-9)
    assert score.rank == preview.together.rank
    assert score.summary["accounts"] == preview.together.accounts == 3
    assert preview.overlap > 0, "Borealis is in two of them and is counted once"
    loop.decide(undo_all, events)
    assert placed(loop) == before
    assert {row.merged_into for row in loop.rows(Cluster)} == {None}


def test_chosen_winner_wins(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    preview = read(loop, merge_preview, [first, second], second, at=loop.clock())
    assert preview.winner.cluster_id == second
    assert f"IB-{first} will lead to IB-{second} from then on." in preview.effects
    with pytest.raises(ServiceError, match="not among"):
        loop.decide(merge_all, [first, second], 3)


def test_preview_tells_of_plans_tracker_and_told_tickets(loop: Loop) -> None:
    first, second, _ = three_issues(loop)
    for cluster in (first, second):
        loop.decide(clusters.publish, cluster)
    loop.send()
    for cluster in (first, second):
        loop.decide(remedies.edit, cluster, {"state": "investigating", "owner": "R. Diaz", "say": "We look."})
        loop.decide(remedies.approve, cluster)
    loop.push()
    loop.deliver()
    preview = read(loop, merge_preview, [first, second], first, at=loop.clock())
    said = " ".join(preview.effects)
    assert f"Both have a plan: that of IB-{first} holds, that of IB-{second} (investigating) is told no more." in said
    assert f"2 open tickets of IB-{second} had the note" in said
    assert f"in the tracker will point to IB-{first}; nothing is closed" in said
    assert preview.to_tell == 2
    loop.decide(merge_all, [first, second], first)
    assert loop.push().done == preview.to_tell


@pytest.mark.parametrize(("ids", "words"), [([1], "at least two"), ([1, 1], "at least two"), ([], "at least two")])
def test_merge_needs_two(loop: Loop, ids: list[int], words: str) -> None:
    three_issues(loop)
    with pytest.raises(ServiceError, match=words):
        read(loop, merge_preview, ids, None, at=loop.clock())


def test_more_than_the_cap_is_refused(loop: Loop) -> None:
    three_issues(loop)
    with pytest.raises(ServiceError, match=f"at most {MOST}"):
        read(loop, merge_preview, [1, 2, *[3] * MOST], None, at=loop.clock())


def test_split_does_what_its_preview_shows(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    one = loop.id_of("1")
    preview = read(loop, split_preview, first, [one], at=loop.clock())
    before = placed(loop)
    new = loop.decide(clusters.split, first, [one])
    assert new.title == preview.new_title
    for cluster, side in ((first, preview.rest), (new.id, preview.new)):
        score = ranked(loop, cluster)
        assert (score.score, score.summary["accounts"]) == (pytest.approx(side.score), side.accounts)
    loop.decide(clusters.undo)
    assert placed(loop) == before


def test_split_of_all_or_none_is_refused(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    for chosen in ([], [loop.id_of("1"), loop.id_of("2")], [loop.id_of("5")]):
        with pytest.raises(ServiceError, match="leave at least one"):
            read(loop, split_preview, first, chosen, at=loop.clock())


def test_what_is_published_is_what_was_shown(loop: Loop) -> None:
    first, *_ = three_issues(loop)
    draft = read(loop, publish_preview, first, {}, at=loop.clock())
    loop.decide(clusters.publish, first)
    loop.publish()
    [row] = loop.rows(OutboxRow, kind="create_issue")
    sent = row.payload["draft"]
    assert (sent["title"], sent["body"], sent["priority"]) == (draft.title, block_of(draft.body), draft.priority)
    assert "Acme" not in draft.body


def test_targets_by_id_and_by_words(loop: Loop) -> None:
    first, second, third = three_issues(loop)
    assert [t.cluster_id for t in read(loop, find_targets, "slow EXPORT", without=first)] == [second]
    assert [t.cluster_id for t in read(loop, find_targets, f"ib-{third}", without=first)] == [third]
    assert read(loop, find_targets, "100%_", without=first) == ()
    assert read(loop, find_targets, str(first), without=first) == ()


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPPLIER_MANAGER, Role.CSM])
def test_only_those_who_decide_preview(loop: Loop, role: Role) -> None:
    three_issues(loop)
    who = Actor("somebody", role)
    with loop.db.read() as session:
        for act in (
            lambda: merge_preview(session, who, [1, 2], None, at=loop.clock()),
            lambda: split_preview(session, who, 1, [1], at=loop.clock()),
            lambda: publish_preview(session, who, 1, {}, at=loop.clock()),
        ):
            with pytest.raises(Forbidden):
                act()
