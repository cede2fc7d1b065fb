"""What holding and letting go do to the rows, and how either is taken back. Rule: who may, service/sticky.py asks.

``Cluster.severity_override`` is the severity that acts now: the ranking reads that, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.service.errors import ServiceError
from bridge.store.clusters import Cluster
from bridge.store.events import Event
from bridge.store.sticky import Sticky, open_rows
from bridge.store.sync import bump
from bridge.words import Hold, display_id

HELD: Mapping[Hold, str] = {
    Hold.PIN: "cluster.pinned",
    Hold.MUTE: "cluster.muted",
    Hold.SEVERITY: "severity.overridden",
}
LET_GO: Mapping[Hold, str] = {
    Hold.PIN: "cluster.unpinned",
    Hold.MUTE: "cluster.unmuted",
    Hold.SEVERITY: "severity.restored",
}
ALIKE: Mapping[Hold, tuple[Hold, ...]] = {
    Hold.PIN: (Hold.PIN, Hold.MUTE),
    Hold.MUTE: (Hold.PIN, Hold.MUTE),
    Hold.SEVERITY: (Hold.SEVERITY,),
}
"""What a decision takes the place of: a muted issue that is pinned is muted no more."""


def end(session: Session, rows: Sequence[Sticky], at: datetime) -> None:
    for row in rows:
        row.ended_at = at
        session.add(row)


def shown(session: Session, cluster: Cluster, kind: Hold, at: datetime) -> None:
    """Bring what lists and the ranking read up to date with the rows."""
    session.flush()
    if kind is Hold.SEVERITY:
        acting = [row for row in open_rows(session, cluster.id or 0, (Hold.SEVERITY,)) if row.acts(at)]
        cluster.severity_override = acting[-1].severity if acting else None
        session.add(cluster)
        bump(session, "clusters")
    bump(session, "board")


def take_back(session: Session, event: Event, at: datetime) -> None:
    """As it was before the decision. Raises ServiceError where somebody has decided anew since."""
    cluster = session.get_one(Cluster, int(event.subject.partition(":")[2]))
    kind = next(hold for hold in Hold if event.kind in (HELD[hold], LET_GO[hold]))
    new: Any = event.after.get("sticky")
    there = {row.id: row for row in open_rows(session, cluster.id or 0, ALIKE[kind])}
    if set(there) != ({new} if new else set()):
        raise ServiceError(f"{display_id(cluster.id or 0)} was decided about again since: undo that first")
    end(session, list(there.values()), at)
    for old in event.before.get("ended", ()):
        row = session.get_one(Sticky, old)
        row.ended_at = None
        session.add(row)
    shown(session, cluster, kind, at)


TAKEN_BACK = dict.fromkeys((*HELD.values(), *LET_GO.values()), take_back)
"""For the table of what ``undo`` can take back."""
