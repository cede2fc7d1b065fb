"""What the rules of alerts need to know of a ranking. Reads only.

Rule: only issues that could change are read whole: those with a new account, and those of which something is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from bridge.analysis.emerging import Seen, Standing
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.ranked import snapshots
from bridge.store.boards import Placed, run_rows
from bridge.store.clusters import RankRun
from bridge.store.memberships import CHUNK
from bridge.store.notices import Alert
from bridge.store.ranking import approved_plans, living_clusters, scoring_config
from bridge.words import ExpectationTier, NoticeKind, RemedyState

ACCOUNT = "account:"


@dataclass(frozen=True, slots=True)
class Look:
    """A ranking as the rules see it, and its rows for the words."""

    seen: tuple[Seen, ...]
    placed: Mapping[int, Placed]


def look(session: Session, run: RankRun, standing: Iterable[Standing]) -> Look:
    living, plans = living_clusters(session), approved_plans(session)
    placed = {row.cluster_id: row for row in run_rows(session, run.id or 0) if row.cluster_id in living}
    top = set(run.summary.get("top", ()))
    open_ = {s.cluster_id for s in standing if s.kind is NoticeKind.EMERGING and s.closed_at is None}
    asked = [id_ for id_, row in placed.items() if row.summary.get("new") or id_ in open_]
    accounts = _accounts(session, run, asked, _premium_from(session))
    seen = []
    for id_, row in placed.items():
        first, premium = accounts.get(id_, ({}, frozenset()))
        plan = plans.get(id_)
        seen.append(
            Seen(
                cluster_id=id_,
                rank=row.rank,
                in_top=id_ in top,
                thin=THIN_EVIDENCE in row.summary.get("badges", ()),
                planned=plan is not None and plan.state != RemedyState.UNREVIEWED,
                first=first,
                premium=premium,
            )
        )
    return Look(tuple(seen), placed)


def standing_of(rows: Iterable[Alert]) -> list[Standing]:
    return [
        Standing(
            NoticeKind(row.kind),
            row.cluster_id,
            row.opened_at,
            row.told_at,
            row.told,
            frozenset(row.accounts),
            row.closed_at,
        )
        for row in rows
    ]


def _premium_from(session: Session) -> float:
    """The factor of expectations from which on an account counts as premium; it is stored with every score."""
    stored = scoring_config(session)
    config = ScoringConfig.from_dict(stored.params) if stored else ScoringConfig()
    return config.expectation[ExpectationTier.PREMIUM]


def _accounts(
    session: Session, run: RankRun, issues: Collection[int], premium_from: float
) -> dict[int, tuple[dict[str, datetime], frozenset[str]]]:
    found, ids = {}, sorted(issues)
    for start in range(0, len(ids), CHUNK):
        for id_, snapshot in snapshots(session, run, ids[start : start + CHUNK]).items():
            first = {key: datetime.fromtimestamp(e.first, UTC) for key, e in snapshot.exposures().items()}
            premium = frozenset(
                key for key in first if key.startswith(ACCOUNT) and snapshot.rates[key].expectation >= premium_from
            )
            found[id_] = (first, premium)
    return found
