"""Writes a plan of the grouping: clusters, memberships with their zones, doubts, and the log of what became of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.clustering import MODEL_CONFIDENCE
from bridge.analysis.doubting import Candidate
from bridge.analysis.labelling import NO_TITLE
from bridge.pipeline.group.thinking import ARRIVAL, Work
from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.grouping import ClusterChange, GroupingFrame, GroupingRun
from bridge.store.grouping_queries import (
    Doubtful,
    doubt,
    doubt_no_more,
    keep_frame,
    settle_confidence,
    settle_zones,
)
from bridge.store.memberships import Named, Place, merge, open_clusters, place
from bridge.words import Origin


def write(session: Session, work: Work, model_id: str, at: datetime) -> None:
    """The whole plan, in the caller's transaction."""
    plan = work.plan
    opened = _open(session, work, at)
    changes: list[tuple[str, int, int | None, int]] = [("opened", id_, None, 0) for id_ in opened.values()]
    for pair in plan.merges:
        loser = session.get_one(Cluster, pair.loser)
        winner = session.get_one(Cluster, opened.get(pair.winner, pair.winner))
        moved = merge(session, loser, winner)
        merged = {"into": winner.id, "tickets": moved}
        record(session, "cluster.merged", f"cluster:{loser.id}", actor="model", at=at, after=merged)
        changes.append(("merged", loser.id or 0, winner.id, len(moved)))
    _place(session, work, opened, at)
    _rename(session, work, at)
    _doubt(session, work, opened)
    settle_confidence(session, work.sure, None if work.trigger == ARRIVAL else MODEL_CONFIDENCE)
    if work.frame is not None:
        facts = dict(work.facts)
        keep_frame(session, GroupingFrame(model=model_id, frame=work.frame.pack(), facts=facts, anchored_at=at, at=at))
    if plan or work.bare or work.frame:
        _log(session, work, model_id, opened, changes, at)


def _place(session: Session, work: Work, opened: Mapping[int, int], at: datetime) -> None:
    rows = [
        Place(ticket, opened.get(a.cluster, a.cluster), work.sure.get(ticket, a.q), Origin.MODEL, part=a.part)
        for ticket, a in {**work.plan.assign, **work.plan.moves}.items()
    ]
    singles = open_clusters(session, [Named(NO_TITLE, ())] * len(work.bare), at)
    rows += [Place(t, single, MODEL_CONFIDENCE, Origin.MODEL) for t, single in zip(work.bare, singles, strict=True)]
    place(session, rows, at)


def _doubt(session: Session, work: Work, opened: Mapping[int, int]) -> None:
    doubt_no_more(session, work.settled)
    found = [
        Doubtful(ticket, position, opened.get(d.cluster, d.cluster), d.similarity, _evidence(d))
        for ticket, doubts in work.doubts.items()
        for position, d in enumerate(doubts, start=1)
    ]
    doubt(session, found)
    settle_zones(session)


def _evidence(d: Candidate) -> dict[str, Any]:
    return {"bar": round(d.bar, 4), "nearest": round(d.nearest, 4), "second": round(d.second, 4), "size": d.size}


def _log(
    session: Session,
    work: Work,
    model_id: str,
    opened: Mapping[int, int],
    changes: list[tuple[str, int, int | None, int]],
    at: datetime,
) -> None:
    facts = {
        "placed": work.placed,
        "moved": len(work.plan.moves),
        "merged": len(work.plan.merges),
        "opened": len(opened) + len(work.bare),
        "doubtful": len(work.plan.doubts),
        **work.facts,
    }
    run = GroupingRun(at=at, model=model_id, trigger=work.trigger, facts=facts)
    session.add(run)
    session.flush()
    assert run.id is not None, "a stored row has an id"
    placements = {**work.plan.assign, **work.plan.moves}.values()
    sizes = Counter(opened.get(a.cluster, a.cluster) for a in placements)
    for kind, id_, other, tickets in changes:
        count = sizes[id_] if kind == "opened" else tickets
        session.add(ClusterChange(run_id=run.id, kind=kind, cluster_id=id_, other_id=other, tickets=count))
    told = {"opened": facts["opened"], "placed": work.placed, "moved": len(work.plan.moves), "run": run.id}
    record(session, "cluster.created", "grouping", actor="model", at=at, after=told)


def _open(session: Session, work: Work, at: datetime) -> dict[int, int]:
    """Every negative token of the plan -> the id of the cluster opened for it."""
    tokens = sorted((token for token in work.labels if token < 0), reverse=True)
    names = [Named(work.labels[t].title, work.labels[t].phrases, work.labels[t].members) for t in tokens]
    return dict(zip(tokens, open_clusters(session, names, at), strict=True))


def _rename(session: Session, work: Work, at: datetime) -> None:
    for id_, label in work.labels.items():
        if id_ > 0:
            cluster = session.get_one(Cluster, id_)
            cluster.title, cluster.phrases, cluster.titled_of = label.title, list(label.phrases), label.members
            session.add(cluster)
            after = {"by": "model", "tickets": label.members}
            record(session, "cluster.renamed", f"cluster:{id_}", actor="model", at=at, after=after)
