"""What was decided about an issue, in words, and which of it can be taken back.

Rule: reasons that people gave may tell internal things; they are shown to those who may read internal notes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, may, require
from bridge.service.clusters import UNDOABLE, undo
from bridge.service.errors import ServiceError
from bridge.service.trust import STATE_WORD
from bridge.store.clusters import Cluster
from bridge.store.events import Event
from bridge.words import RemedyState, display_id

SHOWN = 40
MODEL = "model"
_PROGRAMS = {
    MODEL: "The model",
    "tracker": "The tracker",
    "automatic": "The automatic bar",
    "publish": "Publishing",
    "rank": "The ranking",
    "bridge": "Issue Bridge",
}
_SENT = {"create_issue": "opened it in", "update_issue": "updated it in"}


@dataclass(frozen=True, slots=True)
class Decision:
    """``undo``: the event to take back, for people who may. ``undone_by`` did so at ``undone_at``."""

    event: int
    at: datetime
    by: str
    words: str
    why: str | None = None
    undo: int | None = None
    undone_by: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    rows: tuple[Decision, ...]
    total: int


def decisions(session: Session, actor: Actor, cluster_id: int, *, in_tracker: bool) -> Log:
    """Newest first: of the issue, and of those that were merged into it. ``in_tracker``: publishing it cannot be taken
    back any more.
    """
    merged = session.exec(select(Cluster.id).where(Cluster.merged_into == cluster_id))
    subjects = [f"cluster:{id_}" for id_ in (cluster_id, *merged)]
    # Not "undoes IS NULL": SQLite would walk its index, which holds nearly every event, instead of the subject's.
    mine = (col(Event.subject).in_(subjects), func.coalesce(col(Event.undoes), 0) == 0)
    total = session.exec(select(func.count()).select_from(Event).where(*mine)).one()
    events = session.exec(select(Event).where(*mine).order_by(col(Event.id).desc()).limit(SHOWN)).all()
    undone = _undone(session, events)
    fixed = {"cluster.published"} if in_tracker else set()
    return Log(tuple(_decision(actor, event, cluster_id, undone, fixed) for event in events), total)


def undo_all(session: Session, actor: Actor, event_ids: Sequence[int], *, at: datetime) -> list[Event]:
    """Take back the parts of one decision, the last first: all of them or none."""
    require(actor, Permission.DECIDE_CLUSTERS)
    if not event_ids:
        raise ServiceError("name the decision to take back")
    order = sorted(set(event_ids), reverse=True)
    return [undo(session, actor, at=at, event_id=id_, last=id_ == order[-1]) for id_ in order]


def _undone(session: Session, events: Sequence[Event]) -> dict[int, Event]:
    asked = {_takes_back(event) for event in events}
    return {e.undoes or 0: e for e in session.exec(select(Event).where(col(Event.undoes).in_(asked)))}


def _takes_back(event: Event) -> int:
    """The event that an undo names: tickets that left an issue go back with the decision that took them."""
    return int(event.after["event"]) if event.kind == "membership.left" else event.id or 0


def _decision(
    actor: Actor, event: Event, cluster_id: int, undone: Mapping[int, Event], fixed: Collection[str]
) -> Decision:
    target = _takes_back(event)
    taken_back = undone.get(target)
    can = event.kind in UNDOABLE - set(fixed) | {"membership.left"} and event.actor != MODEL
    return Decision(
        event=event.id or 0,
        at=event.at,
        by=_PROGRAMS.get(event.actor, event.actor),
        words=_words(event, cluster_id),
        why=event.reason if may(actor, Permission.READ_INTERNAL) else None,
        undo=target if can and taken_back is None and may(actor, Permission.DECIDE_CLUSTERS) else None,
        undone_by=taken_back.actor if taken_back else None,
        undone_at=taken_back.at if taken_back else None,
    )


def _words(event: Event, cluster_id: int) -> str:
    """The same for everybody: ids and numbers only."""
    if event.subject != f"cluster:{cluster_id}" and event.kind != "cluster.merged":
        other = display_id(int(event.subject.partition(":")[2]))
        return f"{_SAYS.get(event.kind, _plain)(event)} (as {other})"
    return _SAYS.get(event.kind, _plain)(event)


def _plain(event: Event) -> str:
    return event.kind.replace(".", " ").replace("_", " ")


def _tickets(ids: Sequence[Any]) -> str:
    return "1 ticket" if len(ids) == 1 else f"{len(ids)} tickets"


def _from(event: Event) -> str:
    places = event.before.get("placements", ())
    sources = sorted({int(p["cluster"]) for p in places} - {int(event.after.get("cluster") or 0)})
    return ", ".join(map(display_id, sources)) or "no issue"


def _merged(event: Event) -> str:
    loser = display_id(int(event.subject.partition(":")[2]))
    return f"merged {loser} into this issue, {_tickets(event.after.get('tickets', ()))}"


def _confirmed(event: Event) -> str:
    """Another issue than where it was, or none of those in question."""
    refused = {pair["cluster"] for pair in event.after.get("rejected", ())}
    was = {place["cluster"] for place in event.before.get("placements", ())}
    return "an issue of its own" if was == {event.after.get("cluster")} and refused else "the same issue"


def _sent(event: Event) -> str:
    return f"{_SENT.get(event.after.get('kind', ''), 'wrote to')} {event.after.get('connection', 'the tracker')}"


def _revised(event: Event) -> str:
    if event.actor == "tracker":
        return f"suggested revision {event.after.get('revision')}: {_state(event)}"
    return f"wrote revision {event.after.get('revision')}: {_state(event)}"


def _approved(event: Event) -> str:
    return f"approved revision {event.after.get('revision')}: {_state(event)}"


def _estimated(event: Event) -> str:
    """Person-weeks, and the part of its accounts' growth that it blocks."""
    was, now = event.before, event.after
    said = []
    if was.get("effort") != now.get("effort"):
        effort = now.get("effort")
        said.append("took its estimate of effort away" if effort is None else f"estimated {effort:g} person-weeks")
    if was.get("blocked_share") != now.get("blocked_share"):
        share = now.get("blocked_share")
        said.append("said that it blocks no growth" if share is None else f"said that it blocks {share:.0%} of growth")
    return " and ".join(said)


def _state(event: Event) -> str:
    return STATE_WORD[RemedyState(event.after.get("state", RemedyState.UNREVIEWED))].lower()


def _until(event: Event) -> str:
    """As the log writes a day: with its year."""
    return f" until {event.after['until']}" if event.after.get("until") else ""


_SAYS: Mapping[str, Callable[[Event], str]] = {
    "cluster.published": lambda e: f"decided to publish it in {e.after.get('connection', 'the tracker')}",
    "publish.declined": lambda e: f"declined to publish it in {e.after.get('connection')}",
    "publish.proposed_again": lambda e: f"proposed it again for {e.after.get('connection')}",
    "cluster.locked": lambda _: "locked it: the model adds nothing and takes nothing out",
    "cluster.estimated": _estimated,
    "cluster.unlocked": lambda _: "unlocked it: the model may group here again",
    "cluster.renamed": lambda e: (
        "gave it another title" + (f", as it has {e.after['tickets']} tickets now" if "tickets" in e.after else "")
    ),
    "cluster.merged": _merged,
    "cluster.split": lambda e: f"split {_tickets(e.after['tickets'])} off {_from(e)}",
    "cluster.pinned": lambda e: f"pinned it to the Top 10{_until(e)}",
    "cluster.unpinned": lambda _: "unpinned it",
    "cluster.muted": lambda e: f"muted it{_until(e)}: it leaves the Top 10 for that time",
    "cluster.unmuted": lambda _: "muted it no more",
    "severity.overridden": lambda e: f"set its severity to {e.after.get('severity')}{_until(e)}",
    "severity.restored": lambda _: "let its tickets say the severity again",
    "severity.expired": lambda _: "the severity that a person had set is over",
    "clusters.kept_apart": lambda e: f"said that it is another issue than {display_id(e.after['other'])}",
    "membership.moved": lambda e: f"moved {_tickets(e.after['tickets'])} here from {_from(e)}",
    "membership.confirmed": lambda e: f"said of {_tickets(e.after.get('tickets', ()))}: {_confirmed(e)}",
    "membership.rejected": lambda e: f"said of {_tickets(e.before.get('placements', ()))}: another issue",
    "membership.left": lambda e: f"took {_tickets(e.after['tickets'])} out, to {display_id(e.after['cluster'])}",
    "notification.sent": _sent,
    "plan.revised": _revised,
    "plan.approved": _approved,
    "tracker.taken_over": lambda e: f"took {', '.join(e.after.get('fields', ()))} in {e.after.get('connection')} over",
    "tracker.touched": lambda e: f"brought the tracker up to date: {', '.join(e.after.get('why', ()))}",
    "tracker.item_changed": lambda e: f"changed in the tracker: {', '.join(e.after.get('left', ())) or 'nothing left'}",
    "tracker.conflict_raised": lambda e: f"the tracker says {e.after.get('tracker')}: the plan is contradicted",
}
