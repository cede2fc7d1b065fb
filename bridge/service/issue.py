"""One issue whole, for its page and for programs: every part as the actor may see it.

Rule: what an actor may not see is not in the view; a bounded number of queries makes it, however large the issue is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, may, require
from bridge.service.account_names import without_names
from bridge.service.clusters import living
from bridge.service.decisions import Log, decisions
from bridge.service.estimates import Beside, beside
from bridge.service.issue_accounts import AccountsView, account_names, accounts_view, load_accounts
from bridge.service.issue_counts import Counts, counts_by_day
from bridge.service.issue_members import (
    MembersView,
    Quote,
    member_page,
    members_view,
    quoted,
    quotes,
    sample,
)
from bridge.service.issue_mentions import Mentions, mentions
from bridge.service.issue_plan import PlanView, TrackerRow, load_plan, plan_view, tracker_rows
from bridge.service.issue_score import ScoreView, SumsView, score_view, sums_view
from bridge.service.issue_timeline import Timeline, begins, timeline
from bridge.service.scored import Scored, scored
from bridge.service.similar import Similar, similar
from bridge.service.sticky import Held, views
from bridge.store.clusters import Cluster
from bridge.store.ranking import data_snapshot
from bridge.store.sticky import open_rows
from bridge.words import display_id


@dataclass(frozen=True, slots=True)
class IssueView:
    """``merged_from`` is the id that was asked for where it leads here. ``rank`` None: no run has ranked it yet.

    ``score``, ``beside`` and ``accounts`` are there for those who may read values, ``sums`` for those who may read
    sums only. ``outdated``: something changed since the ranking.
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
    locked_at: datetime | None
    locked_by: str | None
    rank: int | None
    ranked_at: datetime | None
    outdated: bool
    account_count: int | None
    new_accounts: int | None
    counts: Counts
    score: ScoreView | None
    beside: Beside | None
    sums: SumsView | None
    accounts: AccountsView | None
    quotes: tuple[Quote, ...]
    members: MembersView
    mentions: Mentions
    timeline: Timeline
    similar: tuple[Similar, ...]
    tracker: tuple[TrackerRow, ...]
    plan: PlanView
    held: tuple[Held, ...]
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
    cluster = living(session, cluster_id)
    view = _whole(session, actor, cluster, pages or Pages(), at, model)
    if cluster.id != cluster_id:
        view = replace(view, merged_from=display_id(cluster_id))
    return view if may(actor, Permission.READ_VALUE) else without_customers(session, view)


def _whole(session: Session, actor: Actor, cluster: Cluster, pages: Pages, at: datetime, model: str) -> IssueView:
    id_ = cluster.id or 0
    found = scored(session, id_)
    values = found if may(actor, Permission.READ_VALUE) else None
    accounts = load_accounts(session, values, pages.accounts) if values else {}
    of_issue, days = counts_by_day(session, id_, begins(at), at)
    plans = load_plan(session, id_)
    items = tracker_rows(session, actor, id_)
    texts = sample(session, actor, id_, model)
    rows, readable, page = member_page(session, actor, id_, pages.members, of_issue.total)
    chosen = quotes(texts)
    names = account_names(session, values, [*chosen, *(ticket for ticket, _ in rows)]) if values else {}
    return IssueView(
        id=display_id(id_),
        cluster_id=id_,
        merged_from=None,
        title=cluster.title,
        phrases=tuple(cluster.phrases),
        badges=tuple(found.record["badges"]) if found else (),
        severity=found.severity if found else cluster.severity_override,
        severity_by_person=_severity_is_set(cluster, found),
        published_at=cluster.approved_at,
        published_by=cluster.approved_by if cluster.approved_at else None,
        locked_at=cluster.locked_at,
        locked_by=cluster.locked_by,
        rank=found.score.rank if found else None,
        ranked_at=found.run.as_of if found else None,
        outdated=found is not None and found.run.snapshot != data_snapshot(session),
        account_count=found.record["accounts"] if found else None,
        new_accounts=len(found.new_keys) if found else None,
        counts=of_issue,
        score=score_view(session, values, accounts) if values else None,
        beside=beside(session, values) if values else None,
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
        mentions=mentions(session, actor, id_),
        timeline=timeline(session, of_issue.total, days, plans, items, at=at),
        similar=similar(session, id_, texts.middle, model, with_scores=values is not None),
        tracker=items,
        plan=plan_view(session, actor, cluster, plans, at=at),
        held=views(actor, open_rows(session, id_), at),
        log=decisions(session, actor, id_, in_tracker=bool(items)),
    )


def without_customers(session: Session, view: IssueView) -> IssueView:
    """The view without the name of any account in what customers wrote, titles and subjects included."""
    titles = [view.title, *(other.title for other in view.similar), *(item.title for item in view.tracker)]
    parts = [text for m in view.mentions.rows for text in (m.subject, m.said)]
    said = [*titles, *(m.subject for m in view.members.rows), *parts, *(q.text for q in view.quotes), *view.phrases]
    clean = iter(without_names(session, said))
    title = next(clean)
    similar_ = tuple(replace(other, title=next(clean)) for other in view.similar)
    tracker = tuple(replace(item, title=next(clean)) for item in view.tracker)
    rows = tuple(replace(member, subject=next(clean)) for member in view.members.rows)
    others = tuple(replace(one, subject=next(clean), said=next(clean)) for one in view.mentions.rows)
    quotes_ = tuple(replace(quote, text=next(clean)) for quote in view.quotes)
    phrases = tuple(clean)
    kept = set(phrases)
    rows = tuple(replace(row, why=tuple(phrase for phrase in row.why if phrase in kept)) for row in rows)
    return replace(
        view,
        title=title,
        similar=similar_,
        tracker=tracker,
        members=replace(view.members, rows=rows),
        mentions=replace(view.mentions, rows=others),
        quotes=quotes_,
        phrases=phrases,
    )


def _severity_is_set(cluster: Cluster, found: Scored | None) -> bool:
    return cluster.severity_override is not None or (found is not None and found.snapshot.override is not None)
