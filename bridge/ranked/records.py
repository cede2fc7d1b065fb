"""A stored run read again: the explanation of a cluster, made from the numbers that the run kept.

Rule: byte for byte what it was. The score computed anew is the one that was stored, or the record is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sqlmodel import Session

from bridge.analysis.bulk import Case
from bridge.analysis.bulk_scores import amounts
from bridge.analysis.explanation import Counted, explain_snapshot
from bridge.analysis.exposure import seconds, terms_of
from bridge.analysis.record import Explanation
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.telling import NUMBERS, Telling
from bridge.analysis.value import Valuation
from bridge.errors import BridgeError
from bridge.ranked.values import constants, unpacked
from bridge.store import rank_rows
from bridge.store.clusters import RankRun, Score
from bridge.store.rank_rows import ToldRow
from bridge.store.ranking import scores_of
from bridge.words import Severity


@dataclass(frozen=True, slots=True)
class Side:
    """The cluster's side of a record beside its tickets; the last two as in ClusterFacts, beside the score."""

    override: Severity | None
    omega: float
    handled_90d: Sequence[tuple[int, float]] | None = None
    blocked_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Without what is not known."""
        told = {"handled_90d": self.handled_90d, "blocked_share": self.blocked_share}
        return {
            "override": self.override,
            "omega": self.omega,
            **{name: value for name, value in told.items() if value is not None},
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Side:
        override, handled = raw["override"], raw.get("handled_90d")
        return cls(
            None if override is None else Severity(override),
            raw["omega"],
            None if handled is None else [(tickets, cost) for tickets, cost in handled],
            raw.get("blocked_share"),
        )


def snapshot_of(told: Telling, side: Side, valuation: Valuation) -> Snapshot:
    """The inputs of one cluster's score."""
    return Snapshot(
        now=seconds(valuation.as_of),
        cut=told.cut,
        override=side.override,
        omega=side.omega,
        terms=terms_of(valuation.config),
        rates={key: valuation.accounts[key].rates for key in told.keys},
        evidence=told.evidence(),
    )


def telling_of(row: ToldRow) -> Telling:
    return Telling(tuple(row.keys), np.frombuffer(row.numbers, NUMBERS), row.cut, row.tickets, row.confidence)


class UnreadableRun(BridgeError):
    """A stored run does not say any more what it said."""


class Record(NamedTuple):
    """``explanation``: domain.md 2.6, accounts by key. ``inputs``: the numbers behind it (analysis/snapshot.py)."""

    explanation: dict[str, Any]
    inputs: dict[str, Any]


def records(session: Session, run: RankRun, cluster_ids: Sequence[int] | None = None) -> dict[int, Record]:
    """Of these clusters of the run, or of all, best first; those that it did not rank are left out.

    Raises UnreadableRun.
    """
    previous = session.get(RankRun, run.previous_id) if run.previous_id else None
    now, then = _Stored(session, run), _Stored(session, previous) if previous else None
    return dict(_records(now, then, cluster_ids))


def inputs(session: Session, run: RankRun, cluster_ids: Sequence[int] | None = None) -> dict[int, dict[str, Any]]:
    """The inputs alone: what the changes of a later run are told against. Raises UnreadableRun."""
    stored = _Stored(session, run)
    return {score.cluster_id: stored.inputs(score, told) for score, told in stored.rows(cluster_ids)}


def snapshots(session: Session, run: RankRun, cluster_ids: Sequence[int]) -> dict[int, Snapshot]:
    """What the run told of these clusters, as a later one compares with it."""
    stored, found = _Stored(session, run), {}
    for score, told in stored.rows(cluster_ids):
        if told is not None:
            found[score.cluster_id] = stored.snapshot(score, telling_of(told)).as_told(score.score)
        elif (old := Snapshot.from_inputs(score.inputs)) is not None:
            found[score.cluster_id] = old
    return found


def amounts_of(session: Session, run: RankRun, key: str, cluster_ids: Sequence[int]) -> dict[int, float]:
    """By cluster: what this account adds to its score, money per year; of the clusters in which it counts."""
    stored, cases, found = _Stored(session, run), [], {}
    for score, told in stored.rows(cluster_ids):
        if told is None:
            for part in score.explanation.get("contributions", ()):
                if part["account"] == key:
                    found[score.cluster_id] = part["risk_now"] + part["momentum"]
        else:
            side = Side.from_dict(score.side or {})
            cases.append(Case(score.cluster_id, telling_of(told), side.override, side.omega))
    return found | (amounts(cases, stored.valuation, key) if cases else {})


def deltas(session: Session, run: RankRun) -> dict[int, dict[str, Any] | None]:
    """By id of the score: what the run tells of its changes, to be kept when the run before it is removed."""
    previous = session.get(RankRun, run.previous_id) if run.previous_id else None
    now, then = _Stored(session, run), _Stored(session, previous) if previous else None
    if then is None or run.values_id is None:
        return {}
    found = dict(_records(now, then, None))
    ids = {score.cluster_id: score.id or 0 for score, _ in now.rows(None)}
    return {ids[id_]: record.explanation["delta_vs_previous"] for id_, record in found.items()}


def _records(now: _Stored, then: _Stored | None, ids: Sequence[int] | None) -> Iterator[tuple[int, Record]]:
    old = {score.cluster_id: (score, told) for score, told in then.rows(ids)} if then else {}
    for score, told in now.rows(ids):
        if told is None:
            yield score.cluster_id, Record(score.explanation, score.inputs)
            continue
        before = old.get(score.cluster_id)
        previous = then.inputs(*before) if then and before and score.delta is None else None
        e = now.explain(score, told, previous)
        yield score.cluster_id, Record(_with_delta(e, score).to_dict(), e.inputs)


def _with_delta(e: Explanation, score: Score) -> Explanation:
    return e if score.delta is None else replace(e, delta_vs_previous=score.delta)


@dataclass
class _Stored:
    """A run and what it kept."""

    session: Session
    run: RankRun
    _valuation: Valuation | None = None

    @property
    def valuation(self) -> Valuation:
        if self._valuation is None:
            try:
                accounts = unpacked(rank_rows.values_data(self.session, self.run.values_id or 0))
            except ValueError as error:
                raise UnreadableRun(f"ranking {self.run.id}: {error}") from None
            config, version = constants(self.session, self.run.config_version)
            self._valuation = Valuation(self.run.as_of, config, version, self.run.snapshot, accounts)
        return self._valuation

    def rows(self, ids: Sequence[int] | None) -> Iterator[tuple[Score, ToldRow | None]]:
        told = rank_rows.told_of_run(self.session, self.run.id or 0, ids)
        for score in scores_of(self.session, self.run.id or 0, ids):
            yield score, told.get(score.cluster_id)

    def inputs(self, score: Score, told: ToldRow | None) -> dict[str, Any]:
        return score.inputs if told is None else self.explain(score, told, None).inputs

    def snapshot(self, score: Score, told: Telling) -> Snapshot:
        return snapshot_of(told, Side.from_dict(score.side or {}), self.valuation)

    def explain(self, score: Score, row: ToldRow, previous: dict[str, Any] | None) -> Explanation:
        told = telling_of(row)
        snapshot = self.snapshot(score, told)
        counted = Counted(told.tickets, told.confidence)
        side = Side.from_dict(score.side or {})
        e = explain_snapshot(
            score.cluster_id,
            snapshot,
            counted,
            self.valuation,
            previous,
            handled_90d=side.handled_90d,
            blocked_share=side.blocked_share,
        )
        if e.score != score.score:
            raise UnreadableRun(
                f"ranking {self.run.id}: cluster {score.cluster_id} had the score {score.score!r}, its numbers give "
                f"{e.score!r} now: they were changed, or made by another version of the program; rank anew"
            )
        return e
