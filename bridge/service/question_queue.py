"""Which questions about clusters wait, the one that teaches most first.

Rule: vectors are compared once and held in this process, numbers only; whether a question still stands is looked up
each time, so that nobody is asked about what is gone, merged, locked, answered or put off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.analysis.questions import MERGE, SPLIT, Look, Question, Said, Standing, ask, look
from bridge.service.access import Actor, Permission, may, require
from bridge.service.cached import Cached
from bridge.service.similar import unpacked
from bridge.store import grouping_answers as answers_of
from bridge.store.clusters import Cluster, Score
from bridge.store.grouping_facts import in_parts, locked, newest_vectors, sizes
from bridge.store.grouping_queries import kept_apart
from bridge.store.ranking import count_members, last_run
from bridge.store.sync import data_version

SAMPLED = 32
"""The newest tickets of each cluster are compared, at most so many."""
SMALL = 5_000
"""Up to so many tickets everything is compared again after each change: it takes less than a tenth of a second."""
EVERY = 64
"""Above that, after so many changes to clusters: what people change meanwhile is looked up."""
LEAST_WORTH, MOST_WORTH = 0.5, 4.0
"""Without bounds two dear issues would be asked about whatever they say: values differ a thousand times."""
DEEP = 200
"""So many of the best questions are looked at for those that still stand."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the vectors say, and how many tickets each cluster had then."""

    look: Look
    sizes: Mapping[int, int]


_held: Cached[Held] = Cached(stale=True)
_scores: Cached[dict[int, float]] = Cached()


def waiting(session: Session, actor: Actor, at: datetime, *, model: str) -> list[Question]:
    """The best questions for this person, those with the largest expected effect first; at most ``DEEP``.

    What would come together or apart counts by tickets and, for readers of values, by value. Raises Forbidden.
    """
    require(actor, Permission.DECIDE_CLUSTERS)
    found = held(session, model)
    answers = answers_of.standing(session, MERGE, SPLIT)
    whole = {a.cluster_id: int(a.evidence.get("tickets", 0)) for a in answers if a.kind == SPLIT and not a.agreed}
    said = [
        Said(a.kind, a.similarity, a.agreed) for a in answers if a.similarity is not None and "chance" in a.evidence
    ]
    standing = Standing(
        sizes=found.sizes,
        weights=_weights(session, actor, found.sizes),
        apart=kept_apart(session),
        whole=whole,
        closed=locked(session),
        undivided=in_parts(session) | {a.cluster_id for a in answers if a.kind == MERGE and a.agreed},
        said=said,
    )
    later = answers_of.put_off(session, actor.name, at)
    questions = [q for q in ask(found.look, standing) if (q.kind, q.one, q.other or 0) not in later][:DEEP]
    alive = _living(session, questions)
    return [q for q in questions if q.one in alive and (q.other is None or q.other in alive)]


def held(session: Session, model: str) -> Held:
    """What the vectors say, as old as its version."""
    changes = data_version(session, "clusters")
    step = changes if count_members(session) <= SMALL else changes // EVERY
    return _held.get(session, (model, data_version(session, "vectors"), step), lambda: _build(session, model))


def _build(session: Session, model: str) -> Held:
    rows = newest_vectors(session, model, SAMPLED)
    clusters = [cluster_id for cluster_id, _ in rows]
    of_all = sizes(session)
    counted = {id_: of_all.get(id_, 0) for id_ in set(clusters)}
    return Held(look(clusters, unpacked([data for _, data in rows]), counted), counted)


def _weights(session: Session, actor: Actor, counted: Mapping[int, int]) -> dict[int, float]:
    """Tickets, each counted by what its issue's tickets are worth against the average, within bounds; tickets alone for
    whoever may not read values.
    """
    run = last_run(session) if may(actor, Permission.READ_VALUE) else None
    if run is None:
        return {}
    scores = _scores.get(session, run.id, lambda: _of_run(session, run.id or 0))
    total = sum(scores.get(id_, 0.0) for id_ in counted)
    each = sum(counted.values()) / total if total else 0.0
    if not each:
        return {}
    worth = {id_: each * scores.get(id_, 0.0) / count for id_, count in counted.items() if count}
    return {id_: counted[id_] * min(max(value, LEAST_WORTH), MOST_WORTH) for id_, value in worth.items()}


def _of_run(session: Session, run_id: int) -> dict[int, float]:
    return dict(session.execute(select(Score.cluster_id, Score.score).where(Score.run_id == run_id)).all())


def _living(session: Session, questions: Sequence[Question]) -> set[int]:
    ids = {id_ for q in questions for id_ in (q.one, q.other) if id_ is not None}
    query = select(Cluster.id).where(col(Cluster.id).in_(ids), col(Cluster.merged_into).is_(None))
    return {id_ or 0 for id_ in session.exec(query)}
