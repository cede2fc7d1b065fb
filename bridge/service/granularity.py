"""The dial: how fine a workspace groups, what each setting would change, and setting it.

Rule: the effect is worked out on whole issues of a bounded sample, writes nothing, and is told against the present
setting run on the same sample. What people placed and published stays in every setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.analysis import granularity as fine
from bridge.analysis.clustering import Flags, Placement, group
from bridge.service.access import Actor, Permission, require
from bridge.service.cached import Cached
from bridge.service.due import Progress, progress_of
from bridge.service.errors import ServiceError
from bridge.service.similar import unpacked
from bridge.store import due_runs
from bridge.store import grouping_answers as answers_of
from bridge.store.clusters import Score
from bridge.store.events import Event, record
from bridge.store.grouping import GroupingConfig
from bridge.store.grouping_facts import locked, published, sizes, vectors_of
from bridge.store.grouping_queries import kept_apart
from bridge.store.memberships import rejections
from bridge.store.ranking import last_run
from bridge.store.sync import data_version
from bridge.words import Granularity, Origin, RunKind, display_id

TRIAL = 3_000
"""Tickets that a setting is tried on: about a second each."""
TOP = 20
EXAMPLES = 4
EVERYTHING = "grouping"
"""The name under which a regrouping by hand waits: it belongs to no connection."""
CHANGED = "grouping.changed"
_tried: Cached[Effect] = Cached()


@dataclass(frozen=True, slots=True)
class Setting:
    """``moved`` tickets and ``top_changed`` issues of today's Top 20 are against the present setting, on the sample."""

    granularity: Granularity
    present: bool
    issues: int
    singles: int
    moved: int
    top_changed: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """``tickets`` of ``all_tickets`` were tried on, ``top`` of them issues of today's Top 20; ``kept`` of the tickets
    stay in every setting, since a person placed them or their issue is published.
    """

    tickets: int
    all_tickets: int
    top: int
    kept: int
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The present setting. ``event`` can be taken back; None: nobody has ever set it, or it is taken back."""

    granularity: Granularity
    at: datetime | None = None
    by: str | None = None
    why: str | None = None
    event: int | None = None


def effect(session: Session, actor: Actor, *, model: str) -> Effect:
    """What each setting would do. Some seconds; held until tickets, issues or the setting change. Raises Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    config = answers_of.newest_config(session)
    version = (
        model,
        data_version(session, "clusters"),
        data_version(session, "vectors"),
        config.version if config else 0,
    )
    return _tried.get(session, version, lambda: _try(session, model))


def chosen(session: Session, actor: Actor) -> Chosen:
    require(actor, Permission.DECIDE_CLUSTERS)
    row = answers_of.newest_config(session)
    if row is None:
        return Chosen(Granularity.BALANCED)
    event = _event_of(session, row)
    return Chosen(Granularity(row.granularity), row.at, row.actor, row.why, event.id if event else None)


def choose(session: Session, actor: Actor, granularity: Granularity, why: str, *, at: datetime) -> Event:
    """Set it for the groupings to come; nothing moves now. Raises ServiceError where it is set so already."""
    require(actor, Permission.DECIDE_CLUSTERS)
    before = answers_of.granularity(session)
    if granularity is before:
        raise ServiceError(f"this workspace groups {granularity.value} already: choose another setting")
    row = _follow(session, actor, granularity, why, at)
    after = {"granularity": granularity.value, "version": row.version}
    was = {"granularity": before.value}
    return record(
        session, CHANGED, EVERYTHING, actor=actor.name, at=at, before=was, after=after, reason=why.strip() or None
    )


def undo_choice(session: Session, actor: Actor, event_id: int, *, at: datetime) -> Event:
    """Back to the setting of before, once, and only while no newer one stands. Raises ServiceError."""
    require(actor, Permission.DECIDE_CLUSTERS)
    row, event = answers_of.newest_config(session), session.get(Event, event_id)
    if event is None or row is None or event.kind != CHANGED or event.after["version"] != row.version:
        raise ServiceError("this is not the newest change of the setting: choose the setting that you want instead")
    _follow(session, actor, Granularity(event.before["granularity"]), f"taken back: event {event_id}", at)
    return record(
        session,
        f"{CHANGED}.undone",
        EVERYTHING,
        actor=actor.name,
        at=at,
        before=event.after,
        after=event.before,
        undoes=event.id,
    )


def regroup(session: Session, actor: Actor, *, at: datetime) -> Progress:
    """Have the worker group now and not at night. Asking again while it waits or runs changes nothing."""
    require(actor, Permission.DECIDE_CLUSTERS)
    if due_runs.open_run(session, EVERYTHING, RunKind.GROUP) is None:
        due_runs.ask(session, EVERYTHING, RunKind.GROUP, by=actor.name, at=at)
        record(session, "grouping.asked", EVERYTHING, actor=actor.name, at=at)
    found = regrouping(session)
    assert found is not None, "it was asked for in this transaction"
    return found


def regrouping(session: Session) -> Progress | None:
    """The regrouping by hand that waits or runs, else the last one."""
    row = due_runs.open_run(session, EVERYTHING, RunKind.GROUP)
    last = row or next(iter(due_runs.last_runs(session, EVERYTHING, 1, RunKind.GROUP)), None)
    return progress_of(last) if last else None


def _follow(session: Session, actor: Actor, granularity: Granularity, why: str, at: datetime) -> GroupingConfig:
    row = GroupingConfig(granularity=granularity.value, at=at, actor=actor.name, why=why.strip())
    session.add(row)
    session.flush()
    return row


def _event_of(session: Session, row: GroupingConfig) -> Event | None:
    """The change that made this row; None for one that took another back."""
    query = select(Event).where(Event.kind == CHANGED).order_by(col(Event.id).desc()).limit(1)
    event = session.exec(query).first()
    return event if event is not None and event.after["version"] == row.version else None


def _try(session: Session, model: str) -> Effect:
    of_all, fixed, top = sizes(session), published(session), _top(session)
    rows = vectors_of(session, model, fine.sample(of_all, top, TRIAL))
    vectors = unpacked([data for *_, data in rows])
    placed = {ticket: Placement(cluster, Origin(origin)) for ticket, cluster, origin, _ in rows}
    flags = {id_: Flags(anchored=True) for id_ in fixed} | {id_: Flags(locked=True) for id_ in locked(session)}
    rejected, apart = rejections(session), kept_apart(session)
    after: dict[Granularity, dict[int, int]] = {}
    for granularity in Granularity:
        plan = group(
            list(placed),
            vectors,
            placed,
            flags=flags,
            rejected=rejected,
            apart=apart,
            params=fine.params_for(granularity),
            consolidating=True,
            afresh=True,
        )
        winners = {merge.loser: merge.winner for merge in plan.merges}
        after[granularity] = {ticket: winners.get(p.cluster, p.cluster) for ticket, p in placed.items()}
        after[granularity] |= {ticket: to.cluster for ticket, to in {**plan.assign, **plan.moves}.items()}
    present = answers_of.granularity(session)
    tried = {p.cluster for p in placed.values()}
    kept = sum(p.origin is Origin.HUMAN or p.cluster in fixed for p in placed.values())
    settings = tuple(_setting(g, present, after, top) for g in Granularity)
    return Effect(len(placed), sum(of_all.values()), len(tried & set(top)), kept, settings)


def _setting(
    granularity: Granularity, present: Granularity, after: Mapping[Granularity, Mapping[int, int]], top: list[int]
) -> Setting:
    found = fine.difference(after[present], after[granularity], top)
    return Setting(
        granularity=granularity,
        present=granularity is present,
        issues=found.issues,
        singles=found.singles,
        moved=found.moved,
        top_changed=len(found.changes),
        examples=_examples(found.changes),
    )


def _examples(changes: tuple[fine.Change, ...]) -> tuple[str, ...]:
    """Each merge once, however many of its issues are watched."""
    said: dict[str, None] = {}
    for change in changes:
        if change.kind == "split":
            said[f"{display_id(change.cluster)} would become {'two' if change.parts == 2 else change.parts}."] = None  # noqa: PLR2004
            continue
        known = [id_ for id_ in sorted((change.cluster, *change.others)) if id_ > 0]
        if len(known) > 1:
            named = f"{', '.join(map(display_id, known[:-1]))} and {display_id(known[-1])}"
            said[f"{named} would become one."] = None
    return tuple(said)[:EXAMPLES]


def _top(session: Session) -> list[int]:
    run = last_run(session)
    if run is None:
        return []
    query = select(Score.cluster_id).where(Score.run_id == run.id).order_by(col(Score.rank)).limit(TOP)
    return list(session.exec(query))
