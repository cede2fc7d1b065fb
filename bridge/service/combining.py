"""Merging and splitting issues: what would come of it, and doing it. Preview and deed share one computation.

Rule: a preview writes nothing, and what it shows is what the deed does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.pipeline.rank import explain_rows
from bridge.service.access import Actor, Permission, may, require
from bridge.service.clusters import living, merge_clusters
from bridge.service.errors import ServiceError
from bridge.service.issue_counts import counts
from bridge.service.issue_plan import PlanView, load_plan, plan_view, tracker_rows
from bridge.service.scored import scored
from bridge.store.clusters import Cluster, Membership, Score
from bridge.store.events import Event
from bridge.store.grouping_queries import unsure_members
from bridge.store.ranking import SignalRow, last_run, signal_rows
from bridge.store.tickets import Ticket
from bridge.words import display_id

MOST = 50
"""Issues that are merged at once."""
NEW = -1
"""Stands for the issue that a split opens."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """An issue as it is or would be. ``score`` is None for people who may not read values."""

    accounts: int
    tickets: int
    score: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the issues to merge. ``subjects``: its newest tickets' subjects. ``tracker``: keys of its issues there."""

    cluster_id: int
    id: str
    title: str
    rank: int | None
    published: bool
    open: int
    now: Outlook
    plan: PlanView
    tracker: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergePreview:
    """``overlap``: what adding up the scores would count twice. ``effects``: what happens, a sentence each."""

    sides: tuple[Side, ...]
    winner: Side
    together: Outlook
    overlap: float | None
    moved: int
    to_tell: int
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitPreview:
    """``rest`` is what stays, ``new`` what the chosen tickets become."""

    cluster_id: int
    id: str
    title: str
    new_title: str
    now: Outlook
    rest: Outlook
    new: Outlook
    chosen: tuple[int, ...]
    effects: tuple[str, ...]


def merge_preview(
    session: Session, actor: Actor, cluster_ids: Sequence[int], winner_id: int | None, *, at: datetime
) -> MergePreview:
    """``winner_id`` None: the published one, else the one that ranks best. Raises ServiceError, UnknownId."""
    require(actor, Permission.DECIDE_CLUSTERS)
    found = _several(session, cluster_ids)
    rows = signal_rows(session, [c.id or 0 for c in found])
    alone = explain_rows(session, at, rows)
    values = may(actor, Permission.READ_VALUE)
    sides = tuple(_side(session, actor, c, alone, at=at) for c in found)
    winner = _winner(sides, winner_id)
    alone_there = {row.ticket_id for row in unsure_members(session, winner.cluster_id)}
    joined = [_joined(row, winner.cluster_id, alone_there) for row in rows]
    merged = explain_rows(session, at, joined).get(winner.cluster_id)
    others = [side.cluster_id for side in sides]
    score = merged.score if merged else 0.0
    together = Outlook(
        accounts=merged.accounts if merged else 0,
        tickets=sum(side.now.tickets for side in sides),
        score=score if values else None,
        rank=_rank(session, score, others),
    )
    losers = [side for side in sides if side.cluster_id != winner.cluster_id]
    to_tell = _to_tell(winner, losers)
    return MergePreview(
        sides=sides,
        winner=winner,
        together=together,
        overlap=sum(e.score for e in alone.values()) - score if values else None,
        moved=sum(side.now.tickets for side in losers),
        to_tell=to_tell,
        effects=tuple(_effects(winner, losers, to_tell)),
    )


def merge_all(
    session: Session,
    actor: Actor,
    cluster_ids: Sequence[int],
    winner_id: int,
    *,
    at: datetime,
    reason: str | None = None,
) -> tuple[Cluster, list[int]]:
    """Merge each of them into the winner. Returns it with the events, one an issue merged, to be taken back."""
    require(actor, Permission.DECIDE_CLUSTERS)
    found = _several(session, cluster_ids)
    winner = living(session, winner_id)
    if winner.id not in {c.id for c in found}:
        raise ServiceError(f"{display_id(winner_id)} is not among the issues to merge: choose one of them")
    losers = [cluster.id or 0 for cluster in found if cluster.id != winner.id]
    events = []
    for loser in losers:
        merge_clusters(session, actor, loser, winner.id or 0, at=at, reason=reason, last=loser == losers[-1])
        events.append(newest_event(session, f"cluster:{loser}"))
    return winner, events


def split_preview(
    session: Session, actor: Actor, cluster_id: int, ticket_ids: Sequence[int], *, at: datetime
) -> SplitPreview:
    """Raises ServiceError where the tickets are none, all, or not of the issue."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    rows = signal_rows(session, [id_])
    chosen = set(ticket_ids) & {row.ticket_id for row in rows}
    if not chosen or len(chosen) == len(rows):
        raise ServiceError(f"choose some of the tickets of {display_id(id_)}, and leave at least one in it")
    now = explain_rows(session, at, rows)
    after = explain_rows(session, at, [_split_off(row, chosen) for row in rows])
    subject = session.get_one(Ticket, min(chosen)).subject or cluster.title
    values = may(actor, Permission.READ_VALUE)

    def outlook(source: dict[int, Any], key: int, tickets: int) -> Outlook:
        record = source.get(key)
        score = record.score if record else 0.0
        rank = _rank(session, score, [id_])
        return Outlook(record.accounts if record else 0, tickets, score if values else None, rank)

    plan = plan_view(session, actor, cluster, load_plan(session, id_), at=at)
    return SplitPreview(
        cluster_id=id_,
        id=display_id(id_),
        title=cluster.title,
        new_title=subject,
        now=outlook(now, id_, len(rows)),
        rest=outlook(after, id_, len(rows) - len(chosen)),
        new=outlook(after, NEW, len(chosen)),
        chosen=tuple(sorted(chosen)),
        effects=tuple(_split_effects(display_id(id_), plan, len(chosen))),
    )


def newest_event(session: Session, subject: str) -> int:
    """The event that a decision about the subject just wrote."""
    return session.exec(select(func.max(Event.id)).where(Event.subject == subject)).one() or 0


def _several(session: Session, cluster_ids: Sequence[int]) -> list[Cluster]:
    """The living issues behind the ids, each once, in this order."""
    found = {c.id: c for c in (living(session, id_) for id_ in cluster_ids[: MOST + 1])}
    if len(found) < 2:  # noqa: PLR2004 - a merge needs two
        raise ServiceError("choose at least two issues to merge; those that were merged already count as one")
    if len(cluster_ids) > MOST:
        raise ServiceError(f"{len(cluster_ids)} issues are too many to look at: merge at most {MOST} at once")
    return list(found.values())


def _side(session: Session, actor: Actor, cluster: Cluster, alone: dict[int, Any], *, at: datetime) -> Side:
    id_ = cluster.id or 0
    found, of_issue = scored(session, id_), counts(session, id_)
    record = alone.get(id_)
    score = record.score if record and may(actor, Permission.READ_VALUE) else None
    rank = found.score.rank if found else None
    return Side(
        cluster_id=id_,
        id=display_id(id_),
        title=cluster.title,
        rank=rank,
        published=cluster.approved_at is not None,
        open=of_issue.open,
        now=Outlook(record.accounts if record else 0, of_issue.total, score, rank),
        plan=plan_view(session, actor, cluster, load_plan(session, id_), at=at),
        tracker=tuple(item.key for item in tracker_rows(session, actor, id_)),
        subjects=_subjects(session, id_),
    )


def _subjects(session: Session, cluster_id: int) -> tuple[str, ...]:
    query = (
        select(Ticket.subject)
        .join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        .where(Membership.cluster_id == cluster_id)
        .order_by(col(Ticket.last_customer_at).desc())
        .limit(3)
    )
    return tuple(session.exec(query))


def _winner(sides: Sequence[Side], winner_id: int | None) -> Side:
    for side in sides:
        if side.cluster_id == winner_id:
            return side
    return min(sides, key=lambda s: (not s.published, s.rank or len(sides) + 1_000_000, s.cluster_id))


def _joined(row: SignalRow, winner: int, alone: set[int]) -> SignalRow:
    """As the merge places it: a person vouches for the tickets that move, and for those that stood there alone."""
    stays = row.cluster_id == winner and row.ticket_id not in alone
    return row if stays else replace(row, cluster_id=winner, q=1.0)


def _split_off(row: SignalRow, chosen: set[int]) -> SignalRow:
    return replace(row, cluster_id=NEW, q=1.0) if row.ticket_id in chosen else row


def _rank(session: Session, score: float, without: Sequence[int]) -> int | None:
    """The rank that the score would have among the other issues of the newest run."""
    run = last_run(session)
    if run is None:
        return None
    query = select(func.count()).where(
        Score.run_id == run.id, Score.score > score, col(Score.cluster_id).not_in(without)
    )
    return session.exec(query).one() + 1


def _to_tell(winner: Side, losers: Sequence[Side]) -> int:
    """Open tickets that get the winner's note: all that come over, where it has an approved plan."""
    return sum(side.open for side in losers) if winner.plan.trust.confirmed_at and not winner.plan.conflict else 0


def _effects(winner: Side, losers: Sequence[Side], to_tell: int) -> list[str]:
    said = [f"{', '.join(side.id for side in losers)} will lead to {winner.id} from then on."]
    for side in losers:
        if side.plan.revision and winner.plan.revision:
            word = side.plan.trust.word.lower()
            said.append(f"Both have a plan: that of {winner.id} holds, that of {side.id} ({word}) is told no more.")
        elif side.plan.revision:
            said.append(
                f"The plan of {side.id} ({side.plan.trust.word.lower()}) is told no more; {winner.id} has none."
            )
        if side.plan.told:
            said.append(f"{_tickets(side.plan.told)} of {side.id} had the note of that plan.")
        said += [
            f"{key} of {side.id} in the tracker will point to {winner.id}; nothing is closed." for key in side.tracker
        ]
        if side.tracker and winner.tracker:
            said.append(f"A comment in the issues of {side.id} and of {winner.id} names the other.")
        elif side.published and not winner.published:
            said.append(f"{winner.id} will be published as {side.id} is, and the issue of {side.id} will name it.")
    if to_tell:
        said.append(f"{_tickets(to_tell)} will get the note of {winner.id}, one internal note each.")
    return said


def _split_effects(id_: str, plan: PlanView, chosen: int) -> list[str]:
    said = ["The new issue has no plan and is not published.", "The model will not put these tickets back."]
    if plan.told:
        said.append(f"Notes that were written stay in the tickets; {_tickets(chosen)} will get no more notes of {id_}.")
    return said


def _tickets(count: int) -> str:
    return f"{count} open ticket{'' if count == 1 else 's'}"
