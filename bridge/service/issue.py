"""One issue whole, for its page and for programs: every part as the actor may see it.

Rule: what an actor may not see is not in the view; a bounded number of queries makes it, however large the issue is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.uncertainty import REGRESSION_RISK
from bridge.service.access import Actor, Permission, may, require
from bridge.service.clusters import living
from bridge.service.decisions import Log, decisions
from bridge.service.issue_accounts import AccountsView, account_names, accounts_view, load_accounts
from bridge.service.issue_members import (
    Counts,
    MembersView,
    Quote,
    counts,
    member_page,
    members_view,
    quoted,
    quotes,
    sample,
)
from bridge.service.issue_plan import PlanView, TrackerRow, load_plan, plan_view, tracker_rows
from bridge.service.issue_score import Scored, ScoreView, SumsView, score_view, scored, sums_view
from bridge.service.issue_timeline import Timeline, timeline
from bridge.service.similar import Similar, similar
from bridge.store.clusters import Cluster
from bridge.store.ranking import data_snapshot
from bridge.words import display_id


@dataclass(frozen=True, slots=True)
class IssueView:
    """``merged_from`` is the id that was asked for where it leads here. ``rank`` None: no run has ranked it yet.

    ``score`` and ``accounts`` are there for those who may read values, ``sums`` for those who may read sums only.
    ``outdated``: something changed since the ranking.
    """

    id: str
    cluster_id: int
    merged_from: str | None
    title: str
    phrases: tuple[str, ...]
    badges: tuple[str, ...]
    severity: str | None
    severity_by_person: bool
    published_at: datetime | None
    published_by: str | None
    rank: int | None
    ranked_at: datetime | None
    outdated: bool
    account_count: int | None
    new_accounts: int | None
    counts: Counts
    score: ScoreView | None
    sums: SumsView | None
    accounts: AccountsView | None
    quotes: tuple[Quote, ...]
    members: MembersView
    timeline: Timeline
    similar: tuple[Similar, ...]
    tracker: tuple[TrackerRow, ...]
    plan: PlanView
    log: Log


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of the long tables is wanted, counted from 1."""

    accounts: int = 1
    members: int = 1


def issue(
    session: Session, actor: Actor, cluster_id: int, at: datetime, *, model: str, pages: Pages | None = None
) -> IssueView:
    """``model`` names the vectors of the reference model. Raises UnknownId, Forbidden."""
    require(actor, Permission.READ_CLUSTERS)
    pages = pages or Pages()
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    found = scored(session, id_)
    values = found if may(actor, Permission.READ_VALUE) else None
    accounts = load_accounts(session, values, pages.accounts) if values else {}
    of_issue = counts(session, id_)
    plans = load_plan(session, id_)
    items = tracker_rows(session, actor, id_)
    texts = sample(session, actor, id_, model)
    rows, readable, page = member_page(session, actor, id_, pages.members)
    chosen = quotes(texts)
    names = account_names(session, values, [*chosen, *(ticket for ticket, _ in rows)]) if values else {}
    return IssueView(
        id=display_id(id_),
        cluster_id=id_,
        merged_from=display_id(cluster_id) if id_ != cluster_id else None,
        title=cluster.title,
        phrases=tuple(cluster.phrases),
        badges=tuple(found.record["badges"]) if found else (),
        severity=found.severity if found else cluster.severity_override,
        severity_by_person=_severity_is_set(cluster, found),
        published_at=cluster.approved_at,
        published_by=cluster.approved_by if cluster.approved_at else None,
        rank=found.score.rank if found else None,
        ranked_at=found.run.as_of if found else None,
        outdated=found is not None and found.run.snapshot != data_snapshot(session),
        account_count=found.record["accounts"] if found else None,
        new_accounts=len(found.new_keys) if found else None,
        counts=of_issue,
        score=score_view(session, values, accounts) if values else None,
        sums=sums_view(found) if found and not values and may(actor, Permission.READ_SUMS) else None,
        accounts=accounts_view(values, accounts, pages.accounts) if values else None,
        quotes=quoted(chosen, names),
        members=members_view(
            session,
            rows,
            readable,
            page,
            middle=texts.middle,
            model=model,
            phrases=cluster.phrases,
            names=names,
        ),
        timeline=timeline(session, id_, of_issue.total, plans, items, at=at),
        similar=similar(session, id_, texts.middle, model, with_scores=values is not None),
        tracker=items,
        plan=plan_view(session, actor, cluster, plans, at=at, regression=is_regression(found)),
        log=decisions(session, actor, id_),
    )


def is_regression(found: Scored | None) -> bool:
    """Whether customers wrote again after the release."""
    return found is not None and REGRESSION_RISK in found.record["badges"]


def _severity_is_set(cluster: Cluster, found: Scored | None) -> bool:
    return cluster.severity_override is not None or (found is not None and found.snapshot.override is not None)
