"""Reads what grouping needs, and decides what to do. Rule: nothing is written here.

A frame is kept between runs, so that what is placed stays comparable; it is made anew, and everything that only the
model placed is grouped afresh in it, when the collection has grown, when what comes is no longer like what was there,
when a language has come, and when people set another granularity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from sqlmodel import Session, col, select

from bridge.analysis.assigning import Params
from bridge.analysis.calibration import Answer, Calibration, calibrate
from bridge.analysis.clustering import Flags, Placement, Plan, wants_consolidation
from bridge.analysis.clustering import group as make_plan
from bridge.analysis.doubting import Candidate as Doubt
from bridge.analysis.embedding import Vectors, unpack
from bridge.analysis.granularity import params_for
from bridge.analysis.labelling import Label
from bridge.analysis.language import code_of
from bridge.analysis.secondary import Parts, Secondary
from bridge.analysis.smoothing import Frame, make_frame, read_frame
from bridge.pipeline.group.copy import Wanted, unit_rows
from bridge.pipeline.group.naming import name
from bridge.store.clusters import Cluster
from bridge.store.grouping import GroupingFrame
from bridge.store.grouping_answers import granularity, ticket_answers
from bridge.store.grouping_queries import kept_apart, waiting_tickets
from bridge.store.memberships import (
    Place,
    language_counts,
    languages,
    live_hashes,
    places,
    redirects,
    rejections,
)
from bridge.store.memberships import unplaced_without_text as textless
from bridge.store.segments import part_vectors, secondaries
from bridge.store.vectors import packed_vectors
from bridge.words import Origin, Zone

ARRIVAL = "arrival"
"""What set off a run that only places new tickets."""
GROWTH = 1.25
"""A collection so much larger than when its frame was made gets a new one ..."""
STRANGE = 0.15
"""... if so many of its new tickets are unlike what was there; ..."""
OUTGROWN = 2.0
"""... at this size anyway."""
SPOKEN = 20
"""From so many tickets on a language beside another is worth a new frame, in which its own mean is taken off."""


@dataclass(frozen=True, slots=True)
class Work:
    """What to write. ``labels``: the names of clusters to open, by token, and of those to be named anew, by id;
    ``frame`` None: the present one stays; ``bare``: tickets without any text; ``settled``: those in the review zone
    that need no review any more; ``spoken``: tickets whose parts speak of other issues than is stored -> of which;
    ``sure``: how sure the place of a ticket is, as far as people's answers tell.
    """

    plan: Plan
    labels: Mapping[int, Label]
    bare: Sequence[int]
    trigger: str = ARRIVAL
    frame: Frame | None = None
    facts: Mapping[str, float | str] = field(default_factory=dict)
    doubts: Mapping[int, Sequence[Doubt]] = field(default_factory=dict)
    settled: Sequence[int] = ()
    spoken: Mapping[int, Sequence[Secondary]] = field(default_factory=dict)
    sure: Mapping[int, float] = field(default_factory=dict)

    @property
    def placed(self) -> int:
        return len(self.plan.assign) + len(self.bare)

    def __bool__(self) -> bool:
        changed = self.plan or self.labels or self.bare or self.frame
        return bool(changed or self.doubts or self.settled or self.spoken or self.sure)


@dataclass(frozen=True, slots=True)
class _Frames:
    """In which frame to compare, whether to group afresh in it, and why."""

    frame: Frame
    new: bool
    afresh: bool
    trigger: str
    drift: float
    spoken: frozenset[str] = frozenset()


def think(session: Session, model_id: str, *, consolidating: bool, copy: Path | None = None) -> Work:
    """``copy``: the file with a copy of the vectors."""
    bare = textless(session)
    wanted = [Wanted(*row) for row in live_hashes(session, model_id)]
    tickets, vectors = unit_rows(wanted, partial(packed_vectors, session, model_id), copy)
    if not tickets:
        return Work(Plan(), {}, bare)
    fine = granularity(session)
    params = params_for(fine)
    sure = calibrate([Answer(*row) for row in ticket_answers(session)], params.second_fellow)
    if sure.fellow is not None:
        params = replace(params, second_fellow=sure.fellow)
    present = places(session)
    placed = _placements(session, present)
    new = np.array([ticket not in placed for ticket in tickets])
    consolidating = consolidating or wants_consolidation(int(new.sum()), int((~new).sum()))
    kept = _frame(session, model_id, params)
    chosen = _choose(session, kept, fine, params, tickets, vectors, new, consolidating=consolidating)
    plan = make_plan(
        tickets,
        vectors,
        placed,
        flags=_flags(session),
        rejected=rejections(session),
        apart=kept_apart(session),
        params=params,
        frame=chosen.frame,
        consolidating=consolidating,
        afresh=chosen.afresh,
        parts_of=partial(_parts, session, model_id),
        measured=sure.shows_percentages,
    )
    doubts, settled = _review(session, plan, sure)
    facts: dict[str, float | str] = {
        "tickets": len(tickets),
        "granularity": fine.value,
        "drift": round(chosen.drift, 3),
    }
    if chosen.spoken:
        facts["languages"] = " ".join(sorted(chosen.spoken))
    return Work(
        plan,
        labels=name(session, plan, present, tickets, vectors, again=consolidating),
        bare=bare,
        trigger=chosen.trigger,
        frame=chosen.frame if chosen.new else None,
        facts=facts,
        doubts=doubts,
        settled=settled,
        spoken=_told_of(session, plan),
        sure={ticket: sure.q_of(second, Zone.AUTOMATIC) for ticket, second in plan.seconds.items()},
    )


def _unit_rows(packed: Sequence[bytes]) -> Vectors:
    vectors = unpack(b"".join(packed)).reshape(len(packed), -1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def _parts(session: Session, model_id: str, tickets: Sequence[int]) -> Iterator[Parts]:
    for rows in part_vectors(session, model_id, tickets):
        yield Parts([place for place, _ in rows], _unit_rows([packed for _, packed in rows]))


def _placements(session: Session, present: Sequence[Place]) -> dict[int, Placement]:
    """A part counts as long as the cluster that it names leads to the ticket's cluster."""
    living = redirects(session)
    return {
        p.ticket_id: Placement(
            p.cluster_id,
            Origin(p.origin),
            p.part if p.part is not None and living.get(p.part) == p.cluster_id else None,
        )
        for p in present
    }


def _frame(session: Session, model_id: str, params: Params) -> tuple[Frame, Mapping[str, float | str]] | None:
    row = session.get(GroupingFrame, model_id)
    return (read_frame(row.frame, params.smoothing), row.facts) if row else None


def _choose(
    session: Session,
    kept: tuple[Frame, Mapping[str, float | str]] | None,
    fine: str,
    params: Params,
    tickets: Sequence[int],
    vectors: Vectors,
    new: np.ndarray[tuple[int], np.dtype[np.bool_]],
    *,
    consolidating: bool,
) -> _Frames:
    """A new frame only in a consolidation: between two of them nothing that is placed moves."""
    if kept is None:
        trigger, afresh, drift = "first", not new.all(), 0.0
    else:
        frame, facts = kept
        if not consolidating:
            return _Frames(frame, False, False, ARRIVAL, 0.0)
        grown = len(tickets) / max(float(facts.get("tickets", 1)), 1.0)
        drift = frame.strange(vectors[int(float(facts.get("tickets", 0))) :])
        if facts.get("granularity") != fine:
            trigger = "granularity"
        elif grown >= OUTGROWN:
            trigger = "growth"
        elif grown >= GROWTH and drift > STRANGE:
            trigger = "drift"
        elif _spoken(session) - set(str(facts.get("languages", "")).split()):
            trigger = "language"
        else:
            return _Frames(frame, False, False, "consolidation", drift)
        afresh = True
    told = languages(session)
    anew = make_frame(tickets, vectors, params.smoothing, [code_of(told.get(ticket)) for ticket in tickets])
    return _Frames(anew, True, afresh, trigger, drift, _spoken(session))


def _spoken(session: Session) -> frozenset[str]:
    """The languages with tickets enough, where there are several."""
    counts: Counter[str] = Counter()
    for told, count in language_counts(session):
        if code := code_of(told):
            counts[code] += count
    enough = frozenset(code for code, count in counts.items() if count >= SPOKEN)
    return enough if len(enough) > 1 else frozenset()


def _flags(session: Session) -> dict[int, Flags]:
    query = select(Cluster.id, Cluster.approved_at, Cluster.locked_at).where(
        col(Cluster.merged_into).is_(None), col(Cluster.approved_at).is_not(None) | col(Cluster.locked_at).is_not(None)
    )
    return {
        id_ or 0: Flags(anchored=approved is not None, locked=locked is not None)
        for id_, approved, locked in session.exec(query)
    }


def _review(session: Session, plan: Plan, sure: Calibration) -> tuple[Mapping[int, Sequence[Doubt]], list[int]]:
    """(doubts that are new or differ, tickets in the review zone of which nothing is doubted any more)."""
    waiting = waiting_tickets(session)
    looked_at = set(plan.looked_at)
    asked = {t: tuple(d for d in doubts if sure.worth_asking(d.second)) for t, doubts in plan.doubts.items()}
    found = {t: doubts for t, doubts in asked.items() if doubts and waiting.get(t) != tuple(d.cluster for d in doubts)}
    return found, [t for t in waiting if t in looked_at and not asked.get(t)]


def _told_of(session: Session, plan: Plan) -> dict[int, Sequence[Secondary]]:
    """Of the tickets that were looked at those that speak of other issues, or by other words, than is stored."""
    looked_at = set(plan.looked_at)
    known = {ticket: places for ticket, places in secondaries(session).items() if ticket in looked_at}
    return {
        ticket: plan.secondary.get(ticket, ())
        for ticket in sorted({*known, *plan.secondary})
        if {s.cluster: (s.begins, s.ends) for s in plan.secondary.get(ticket, ())} != known.get(ticket, {})
    }
