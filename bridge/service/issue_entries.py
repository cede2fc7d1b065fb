"""An issue with everything that a filter or an order asks of it: what a run says of it, and what stands beside the run.

Rule: an entry is internal, it holds money and account keys; service/issue_rows.py makes of it what a reader may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bridge.analysis.remedy_trust import Doubt
from bridge.analysis.review import Held, top_ten
from bridge.analysis.uncertainty import REGRESSION_RISK, THIN_EVIDENCE
from bridge.service import issue_facets
from bridge.service.trust import Trust, trust_of_plan
from bridge.store.boards import LinkRow, Placed, PlanRow, Title
from bridge.store.clusters import RankRun
from bridge.store.sticky import Sticky
from bridge.words import Hold, RemedyState


class Need(StrEnum):
    """Why an issue waits for a decision of product."""

    UNREVIEWED = "unreviewed"
    STALE = "stale"
    OVERDUE = "overdue"
    CONFLICT = "conflict"
    REGRESSION = "regression"


_OF_DOUBT = {
    Doubt.REGRESSION: Need.REGRESSION,
    Doubt.CONFLICT: Need.CONFLICT,
    Doubt.OVERDUE: Need.OVERDUE,
    Doubt.STALE: Need.STALE,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue with everything that a filter or an order asks of it. Internal: it holds money and account keys.

    ``rank`` None: no run has ranked it. ``changed``: tickets came or went since the run. ``unsorted``: one ticket,
    placed by no person. ``held`` are the pins, mutes and severities that stand, expired ones among them.
    """

    id: int
    title: str
    folded: str
    rank: int | None
    score: float
    summary: dict[str, Any]
    trust: Trust
    plan: PlanRow | None
    links: tuple[LinkRow, ...]
    published: bool
    tickets: int
    changed: bool
    in_top: bool
    needs: tuple[Need, ...]
    unsorted: bool
    locked: bool
    held: tuple[Sticky, ...] = ()
    area: str | None = None
    type: str | None = None
    suppliers: tuple[str, ...] = ()

    def holds(self, kind: Hold, at: datetime) -> bool:
        """Whether one of this kind acts."""
        return any(row.kind == kind and row.acts(at) for row in self.held)


@dataclass(frozen=True)
class Sources:
    """What is known of the issues beside a run, each by cluster; ``suppliers`` by group."""

    plans: Mapping[int, PlanRow]
    links: Mapping[int, Sequence[LinkRow]]
    titles: Mapping[int, Title]
    counts: Mapping[int, int]
    unsorted: Collection[int]
    held: Mapping[int, Sequence[Sticky]]
    about: Mapping[int, issue_facets.About]
    suppliers: Mapping[str, str]


def entries_of(known: Sources, run: RankRun | None, rows: list[Placed], at: datetime) -> tuple[Entry, ...]:
    """Living issues with tickets by rank; those that no run has ranked come last."""
    placed = {row.cluster_id: row for row in rows}
    order = [row.cluster_id for row in rows if row.cluster_id in known.titles]
    order += sorted(set(known.titles) - placed.keys())
    order = [id_ for id_ in order if known.counts.get(id_, 0)]
    unplanned = trust_of_plan(None, at=at)
    thin = {id_ for id_ in order if id_ not in placed or THIN_EVIDENCE in placed[id_].summary.get("badges", ())}
    acting = {kind: {i for i, rows_ in known.held.items() if _acts(rows_, kind, at)} for kind in Hold}
    ranked = ((id_, id_ in thin) for id_ in order) if run else ()
    top = set(top_ten(ranked, Held(acting[Hold.PIN], acting[Hold.MUTE])))

    def entry(id_: int) -> Entry:
        row, plan, count = placed.get(id_), known.plans.get(id_), known.counts.get(id_, 0)
        summary = row.summary if row else {}
        regression = REGRESSION_RISK in summary.get("badges", ())
        trust = trust_of_plan(plan, at=at, regression=regression) if plan else unplanned
        title, about = known.titles[id_], known.about.get(id_, issue_facets.NOTHING)
        suppliers = {known.suppliers[group] for group in about.groups if group in known.suppliers}
        return Entry(
            id=id_,
            title=title.title,
            folded=title.title.casefold(),
            rank=row.rank if row else None,
            score=row.score if row else 0.0,
            summary=summary,
            trust=trust,
            plan=plan,
            links=tuple(known.links.get(id_, ())),
            published=title.approved_at is not None,
            tickets=count,
            changed=count != summary.get("members", 0),
            in_top=id_ in top,
            needs=_needs(trust, in_top=id_ in top),
            unsorted=id_ in known.unsorted,
            locked=title.locked,
            held=tuple(known.held.get(id_, ())),
            area=about.area,
            type=about.type,
            suppliers=tuple(sorted(suppliers)),
        )

    return tuple(entry(id_) for id_ in order)


def _acts(rows: Sequence[Sticky], kind: Hold, at: datetime) -> bool:
    return any(row.kind == kind and row.acts(at) for row in rows)


def _needs(trust: Trust, *, in_top: bool) -> tuple[Need, ...]:
    """In the Top 10 a plan that nobody approved waits, too."""
    unseen = trust.state is RemedyState.UNREVIEWED or trust.suggested
    found = [Need.UNREVIEWED] if in_top and unseen else []
    return (*found, *(_OF_DOUBT[doubt] for doubt in trust.doubts if doubt in _OF_DOUBT and not trust.suggested))
