"""Stored rankings: read again byte for byte, found by date, number and version, thinned without losing what they told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from bridge.analysis.record import canonical_json
from bridge.pipeline.rank import Keep, rank, thin
from bridge.pipeline.rank.thinning import superfluous
from bridge.ranked import UnreadableRun, records
from bridge.service.access import Actor
from bridge.service.erase import Kind, Target, erase
from bridge.service.errors import UnknownId
from bridge.service.ranking import Which, export, run_for
from bridge.store.clusters import RankRun, Score
from bridge.store.db import Database
from bridge.store.erasing_outgoing import _renamed_keys
from bridge.store.rank_cache import RankCache, RankMark, RankTold, RankValues
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, three_issues, ticket

ADMIN = Actor("the admin", Role.ADMIN)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEEP = Keep(14, 365)


@pytest.fixture
def loop(db: Database) -> Loop:
    found = Loop(db)
    three_issues(found)
    return found


def said(loop: Loop, run_id: int) -> str:
    with loop.db.read() as session:
        found = records(session, session.get_one(RankRun, run_id))
    return "\n".join(canonical_json(record.explanation) for record in found.values())


def one_more(loop: Loop, name: str, hours: float) -> int:
    """A ticket comes to the first issue, time passes, and a run is stored; its id."""
    loop.clock.pass_(hours * 3600)
    loop.put(ticket(name, at=loop.clock()))
    loop.pull()
    loop.cluster(f"Issue {name}", name)
    loop.rank()
    return max(row.id or 0 for row in loop.rows(RankRun))


def test_a_run_says_the_same_whatever_comes_later(loop: Loop) -> None:
    first = loop.rows(RankRun)[0].id or 0
    runs = {first: said(loop, first)}
    for n in range(3):
        run = one_more(loop, f"x{n}", 30)
        runs[run] = said(loop, run)
    assert [said(loop, run) for run in runs] == list(runs.values())
    assert len(set(runs.values())) == len(runs)


def test_marks_are_settled_by_the_run_that_read_them(loop: Loop) -> None:
    assert loop.rows(RankMark) == []
    assert loop.rows(RankCache)
    loop.put(ticket("late", at=loop.clock()))
    loop.pull()
    loop.cluster("Late", "late")
    assert loop.rows(RankMark)
    loop.clock.pass_(60)
    loop.rank()
    assert loop.rows(RankMark) == []


def test_a_run_is_found_by_number_date_and_version(loop: Loop) -> None:
    first = loop.rows(RankRun)[0]
    later = one_more(loop, "x", 48)
    with loop.db.read() as session:

        def found(**asked: object) -> int | None:
            run = run_for(session, Which(**asked))  # type: ignore[arg-type]
            return run.id if run else None

        assert found() == later
        assert found(snapshot=first.id) == found(as_of=first.as_of) == first.id
        assert found(as_of=first.as_of + timedelta(hours=47)) == first.id
        assert found(as_of=first.as_of - timedelta(seconds=1)) is None
        assert found(config_version=1) == later
        assert found(config_version=1, as_of=first.as_of) == first.id
        with pytest.raises(UnknownId, match="no ranking 99"):
            found(snapshot=99)
        with pytest.raises(UnknownId, match="version 7"):
            found(config_version=7)


def test_an_old_ranking_counts_what_counted_then(loop: Loop) -> None:
    first = loop.rows(RankRun)[0].id
    with loop.db.read() as session:
        before = export(session, PM, now=loop.clock())
    places = loop.places()
    with loop.db.write() as session:
        session.connection().exec_driver_sql("DELETE FROM membership")
    assert places
    one_more(loop, "x", 1)
    with loop.db.read() as session:
        after = export(session, PM, now=loop.clock(), which=Which(snapshot=first))
    assert [c["tickets"] for c in after["clusters"]] == [c["tickets"] for c in before["clusters"]]
    assert [c["score"] for c in after["clusters"]] == [c["score"] for c in before["clusters"]]
    assert all(part["deciding_ticket"] in c["ticket_ids"] for c in after["clusters"] for part in c["contributions"])


def test_thinning_keeps_what_the_others_told(loop: Loop) -> None:
    runs = [loop.rows(RankRun)[0].id or 0, *(one_more(loop, f"x{n}", 6) for n in range(8))]
    words = {run: said(loop, run) for run in runs}
    loop.clock.pass_(40 * 86_400)
    with loop.lease() as lease:
        assert thin(loop.db, KEEP, lease=lease, now=loop.clock) > 0
        assert thin(loop.db, KEEP, lease=lease, now=loop.clock) == 0
    left = [row.id or 0 for row in loop.rows(RankRun)]
    assert {runs[0], runs[-1]} <= set(left) < set(runs)
    assert {run: said(loop, run) for run in left} == {run: words[run] for run in left}
    used = {row.told_id for row in loop.rows(Score)} | {row.told_id for row in loop.rows(RankCache)}
    assert {row.id for row in loop.rows(RankTold)} == used
    assert {row.values_id for row in loop.rows(RankRun)} == {row.id for row in loop.rows(RankValues)}


instants = st.lists(st.integers(0, 500 * 24).map(lambda hours: NOW - timedelta(hours=hours)), max_size=60, unique=True)


@given(instants, st.integers(0, 100).map(lambda days: NOW + timedelta(days=days)))
def test_what_is_thinned(times: list[datetime], later: datetime) -> None:
    runs = list(enumerate(times))
    gone = set(superfluous(runs, NOW, KEEP))
    left = [run for run in runs if run[0] not in gone]
    assert all(NOW - at > timedelta(days=14) for id_, at in runs if id_ in gone)
    assert superfluous(left, NOW, KEEP) == []
    assert not gone - set(superfluous(runs, later, KEEP)), "what went does not come back with time"
    for id_, at in runs:
        if NOW - at <= timedelta(days=365):
            assert any(other.date() == at.date() for _, other in left), id_
        tuesday = at.date() - timedelta(days=(at.weekday() - 1) % 7)
        week = [r for r in runs if tuesday <= r[1].date() < tuesday + timedelta(days=7)]
        assert max(week, key=lambda r: (r[1], r[0])) in left, "the last before the end of each Monday"


def test_erasing_a_requester_takes_their_key_from_every_run(loop: Loop) -> None:
    loop.put(ticket("gone", requester="someone@gmail.com", at=loop.clock()))
    loop.pull()
    loop.cluster("Gone", "gone")
    loop.clock.pass_(60)
    loop.rank()
    keys = [key for row in loop.rows(RankTold) for key in row.keys]
    [key] = [key for key in keys if key.startswith("requester:")]
    one_more(loop, "x", 1)
    with loop.db.write() as session:
        target = Target(Kind.TICKET, "gone", id=loop.id_of("gone"))
        erase(session, ADMIN, target, reason="asked", at=loop.clock())
    with loop.db.read() as session:
        for row in session.exec(select(RankTold)):
            assert key not in row.keys
        for run in session.exec(select(RankRun)):
            assert key not in str(records(session, run))
    with loop.lease() as lease:
        assert rank(loop.db, lease=lease, now=loop.clock).ok


def test_people_who_were_erased_one_after_the_other_stay_two() -> None:
    first = _renamed_keys(["account:1", "requester:a", "requester:b"], {"requester:a": "erased:1"})
    assert _renamed_keys(first, {"requester:b": "erased:1"}) == ["account:1", "erased:1", "erased:1-2"]


def test_numbers_that_were_changed_are_refused(loop: Loop) -> None:
    with loop.db.write() as session:
        score = session.exec(select(Score)).first()
        assert score
        score.score += 1
        session.add(score)
        run = score.run_id
    with pytest.raises(UnreadableRun, match="rank anew"):
        said(loop, run)
