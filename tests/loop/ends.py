"""How things stand at the end: what the database says and what is in the world, side by side.

Rule: what a test compares has no number that may differ between two runs of the same story (ids of transactions,
times, the random part of a key); the world is asked itself, never the bridge's own books alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.remedies import RemedyPlan
from bridge.store.tickets import SetAside, Ticket
from bridge.words import OutboxState, TicketStatus
from connectors._body import find_key

NOTE = re.compile(r"^\[issue-bridge:rm-(?P<uid>[^\s\]]+?)-r(?P<revision>\d+)-\d+\]\s*$", re.MULTILINE)
OVER = {OutboxState.SENT.value, OutboxState.SUPERSEDED.value}


@dataclass(frozen=True)
class World:
    """``issues``: marker -> the titles under which it is found in the tracker. ``notes``: (ticket, uid of the
    cluster, revision) -> how often. ``tickets``: all that the desk shows. ``tags`` of each ticket.
    """

    issues: Mapping[str, list[str]]
    notes: Counter[tuple[str, str, int]]
    tickets: frozenset[str]
    tags: Mapping[str, tuple[str, ...]]


def fake_world(desk: Mapping[str, Any], tracker: Mapping[str, Any]) -> World:
    """The world of both fakes' ``data``."""
    issues: dict[str, list[str]] = {}
    for issue in tracker["issues"].values():
        key = find_key(issue["description"])
        if key:
            assert issue["marker"] == key
            issues.setdefault(key, []).append(issue["subject"])
    texts = {row["TransactionId"]: row["Content"] for row in desk["attachments"]}
    notes: Counter[tuple[str, str, int]] = Counter()
    for transaction in desk["transactions"]:
        if transaction["Creator"] == "bridge" and transaction["Type"] in ("Comment", "Correspond"):
            assert transaction["Type"] == "Comment", "a remedy was sent to a customer"
            notes[(transaction["ObjectId"], *note_of(texts[transaction["id"]]))] += 1
    tickets = desk["tickets"]
    tags = {number: tuple(t["fields"].get("Tags", ())) for number, t in tickets.items()}
    return World(issues, notes, frozenset(tickets), tags)


def note_of(text: str) -> tuple[str, int]:
    """Cluster uid and revision that sign a note."""
    found = NOTE.search(text)
    assert found is not None, f"a note without our signature: {text[-200:]!r}"
    return found["uid"], int(found["revision"])


@dataclass(frozen=True)
class End:
    """The end of a story: members of each cluster, title and priority of each published one, state of each plan. A
    cluster is named by its lowest ticket: its own number may have gaps before it where a transaction was lost.
    """

    clusters: Mapping[int, frozenset[int]]
    published: Mapping[int, tuple[str, str]]
    plans: Mapping[int, tuple[str, int | None]]


def check_end(db: Database, world: World) -> End:
    """Nothing missing, nothing twice, nothing left to do; the story's end to compare with that of another run."""
    with db.read() as session:
        states = Counter(session.exec(select(OutboxRow.state)).all())
        assert set(states) <= OVER, f"the outbox is not empty: {states}: {_stuck(session)}"
        assert session.exec(select(SetAside)).all() == []
        uids = {uid: id_ for id_, uid in session.exec(select(Cluster.id, Cluster.uid))}
        tickets = {t.source_id: t for t in session.exec(select(Ticket)).all()}
        _check_issues(session, world)
        _check_notes(session, world, uids)
        assert world.tickets == frozenset(tickets)
        numbers = {t.id: int(source_id) for source_id, t in tickets.items()}
        members: dict[int, set[int]] = {}
        for placed in session.exec(select(Membership)).all():
            members.setdefault(placed.cluster_id, set()).add(numbers[placed.ticket_id])
        names = {cluster: min(inside) for cluster, inside in members.items()}
        links = session.exec(select(TrackerLink)).all()
        plans = session.exec(select(RemedyPlan)).all()
    return End(
        {names[cluster]: frozenset(inside) for cluster, inside in members.items()},
        {names[link.cluster_id]: (link.written["title"], link.written["priority"]) for link in links},
        {names[plan.cluster_id]: (plan.state, plan.approved_revision) for plan in plans},
    )


def _stuck(session: Session) -> list[tuple[Any, ...]]:
    rows = session.exec(select(OutboxRow).where(~col(OutboxRow.state).in_(OVER))).all()
    return [(row.id, row.kind, row.state, row.attempts, row.error) for row in rows]


def _check_issues(session: Session, world: World) -> None:
    """Exactly one issue a published cluster, and the one that we know of."""
    keys = session.exec(select(OutboxRow.key).where(OutboxRow.kind == "create_issue")).all()
    approved = session.exec(select(Cluster).where(col(Cluster.approved_at).is_not(None))).all()
    assert len(keys) == len(approved) > 0
    assert {key: len(titles) for key, titles in world.issues.items()} == dict.fromkeys(keys, 1)
    titles = {link.cluster_id: link.written["title"] for link in session.exec(select(TrackerLink)).all()}
    found = {key: titles_there[0] for key, titles_there in world.issues.items()}
    assert sorted(titles.values()) == sorted(found.values())


def _check_notes(session: Session, world: World, uids: Mapping[str, int | None]) -> None:
    """Every open member of an approved plan's cluster has exactly one note of the newest approved revision and its
    tag; nothing is there twice, and nothing where nothing is owed.
    """
    assert [note for note, times in world.notes.items() if times > 1] == []
    owed = set()
    open_ = [status.value for status in TicketStatus if status.is_open]
    for plan in session.exec(select(RemedyPlan).where(col(RemedyPlan.approved_revision).is_not(None))).all():
        query = select(Ticket.source_id).join(Membership, col(Membership.ticket_id) == col(Ticket.id))
        members = session.exec(query.where(Membership.cluster_id == plan.cluster_id, col(Ticket.status).in_(open_)))
        owed |= {(source_id, plan.cluster_id, plan.approved_revision) for source_id in members}
    newest = {cluster: revision for _, cluster, revision in owed}
    there = {(ticket, uids[uid], revision) for ticket, uid, revision in world.notes}
    assert {note for note in there if note[2] == newest[note[1]]} == owed
    told = {ticket for ticket, _, _ in owed}
    assert {ticket for ticket, tags in world.tags.items() if any(t.startswith("bridge-") for t in tags)} == told
