"""What an erased ticket left in drafts, queued writes and rankings, and what was sent out already.

Rule: a write that may have arrived keeps its key and its state, only its words are drawn anew; what surely has not
left is given up where it was for an erased ticket.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Score
from bridge.store.erasing import chunks
from bridge.store.outbox import OutboxRow, TrackerItem, TrackerLink
from bridge.store.rank_cache import RankTold
from bridge.store.rank_rows import forget
from bridge.store.remedies import Delivery
from bridge.words import OutboxState

UNSENT = (OutboxState.PENDING.value, OutboxState.DEAD.value, OutboxState.SENDING.value)


@dataclass(frozen=True, slots=True)
class Sent:
    """Something of a ticket that stands elsewhere. ``what``: issue or note. ``sure``: False where it may not be."""

    what: str
    connection: str
    where: str
    url: str | None = None
    sure: bool = True


def streams_of(ids: Collection[int]) -> list[str]:
    return [f"ticket:{id_}" for id_ in ids]


def rows_for_tickets(session: Session, ids: Sequence[int]) -> list[OutboxRow]:
    """Notes and fields for these tickets, in every state."""
    return [row for part in chunks(ids) for row in _rows(session, col(OutboxRow.stream).in_(streams_of(part)))]


def rows_for_clusters(session: Session, cluster_ids: Sequence[int]) -> list[OutboxRow]:
    """Drafts of these issues, and notes that name them."""
    return [row for part in chunks(cluster_ids) for row in _rows(session, col(OutboxRow.subject_id).in_(part))]


def _rows(session: Session, condition: ColumnElement[bool]) -> list[OutboxRow]:
    return list(session.exec(select(OutboxRow).where(condition).order_by(col(OutboxRow.id)).with_for_update()))


def give_up(session: Session, rows: Sequence[OutboxRow], at: datetime) -> int:
    """Writes for an erased ticket: nothing more is sent, and nothing is kept of the words. Number of unsent ones."""
    stopped = [row for row in rows if row.state in UNSENT]
    for row in stopped:
        row.state, row.done_at, row.lease_owner, row.lease_until = OutboxState.DISCARDED.value, at, None, None
    for row in rows:
        row.payload = {k: v for k, v in row.payload.items() if k not in ("text", "fields", "tags", "draft")}
        row.error = None
        session.add(row)
    session.flush()
    for part in [stopped[i : i + 500] for i in range(0, len(stopped), 500)]:
        queued = update(Delivery).where(col(Delivery.outbox_key).in_([row.key for row in part]))
        session.execute(queued.values(state=OutboxState.DISCARDED.value))
    return len(stopped)


def draw_anew(session: Session, rows: Sequence[OutboxRow], mend: Mapping[int, Any]) -> int:
    """``mend``: cluster -> a function from old words to new. Number of rows that changed."""
    changed = 0
    for row in rows:
        function = mend.get(row.subject_id or 0)
        if function is None:
            continue
        payload = dict(row.payload)
        if isinstance(payload.get("draft"), dict):
            draft = payload["draft"]
            payload["draft"] = {k: function(v) if k in ("title", "body") else v for k, v in draft.items()}
        if isinstance(payload.get("text"), str):
            payload["text"] = function(payload["text"])
        if payload != row.payload:
            row.payload, row.error = payload, None
            session.add(row)
            changed += 1
    return changed


def forget_drafts(session: Session, cluster_ids: Sequence[int]) -> None:
    """The next publish sends each of these issues whole, over what stands in the tracker."""
    for part in chunks(cluster_ids):
        for link in session.exec(select(TrackerLink).where(col(TrackerLink.cluster_id).in_(part))):
            link.wanted = link.written = link.previous = {}
            link.written_at = None
            session.add(link)
            item = session.get(TrackerItem, (link.connection, link.remote_id)) if link.remote_id else None
            if item is not None:
                item.title, item.block_hash = "", None
                session.add(item)


def rename_in_scores(session: Session, cluster_ids: Sequence[int], names: Mapping[str, str]) -> None:
    """Rankings of these clusters: requesters and accounts that are erased get a number for a name."""
    if not names:
        return
    for part in chunks(cluster_ids):
        for score in session.exec(select(Score).where(col(Score.cluster_id).in_(part))):
            for field in ("explanation", "inputs", "summary"):
                before = getattr(score, field)
                after = _renamed(before, names)
                if after != before:
                    setattr(score, field, after)
                    session.add(score)
        for told in session.exec(select(RankTold).where(col(RankTold.cluster_id).in_(part))):
            keys = _renamed_keys(told.keys, names)
            if keys != told.keys:
                told.keys = keys
                session.add(told)
        forget(session, part)


def _renamed_keys(keys: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Two that were erased at different times stay two."""
    found: list[str] = []
    for key in keys:
        name, n = names.get(key, key), 1
        while name in found or (name != key and name in keys):
            n += 1
            name = f"{names.get(key, key)}-{n}"
        found.append(name)
    return found


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    text = json.dumps(value)
    for old, new in names.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    return json.loads(text)


def sent_out(session: Session, ids: Sequence[int], cluster_ids: Sequence[int]) -> list[Sent]:
    """Issues in trackers that tell of these tickets, and notes in the tickets themselves."""
    found = []
    for part in chunks(cluster_ids):
        query = select(TrackerLink).where(
            col(TrackerLink.cluster_id).in_(part), col(TrackerLink.remote_id).is_not(None)
        )
        found += [Sent("issue", link.connection, link.remote_id or "", link.url) for link in session.exec(query)]
        unsure = select(OutboxRow).where(
            col(OutboxRow.subject_id).in_(part),
            OutboxRow.kind == "create_issue",
            col(OutboxRow.sending_at).is_not(None),
        )
        found += [Sent("issue", row.connection, row.key, None, sure=False) for row in session.exec(unsure)]
    for part in chunks(ids):
        notes = select(OutboxRow).where(
            col(OutboxRow.stream).in_(streams_of(part)),
            OutboxRow.kind == "push_remedy",
            (col(OutboxRow.state) == OutboxState.SENT.value) | col(OutboxRow.sending_at).is_not(None),
        )
        for row in session.exec(notes):
            sure = row.state == OutboxState.SENT.value
            found.append(Sent("note", row.connection, f"ticket {row.payload.get('source_id')}", row.remote_url, sure))
    return found
