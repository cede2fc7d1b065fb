"""What a person decides about several issues at once. All of it or nothing: one transaction, one event an issue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from bridge.service import clusters, remedies
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError

MOST = 50


def picked(ids: Sequence[int]) -> list[int]:
    """Each once. Raises ServiceError for none or too many."""
    found = list(dict.fromkeys(ids))
    if not found:
        raise ServiceError("no issue is selected: tick at least one")
    if len(found) > MOST:
        raise ServiceError(f"{len(found)} issues are selected: decide about {MOST} at a time")
    return found


def publish_many(session: Session, actor: Actor, ids: Sequence[int], *, at: datetime) -> int:
    """How many were not decided already."""
    require(actor, Permission.DECIDE_CLUSTERS)
    living = [clusters.living(session, id_) for id_ in picked(ids)]
    waiting = [cluster.id or 0 for cluster in living if cluster.approved_at is None]
    for id_ in waiting:
        clusters.publish(session, actor, id_, at=at)
    return len(waiting)


def assign_owner(session: Session, actor: Actor, ids: Sequence[int], owner: str, *, at: datetime) -> int:
    """A draft of each plan with this owner; what is approved stands until somebody approves the draft."""
    require(actor, Permission.EDIT_REMEDY)
    owner = " ".join(owner.split())
    if not owner:
        raise ServiceError("no owner is named: type who it shall be")
    found = picked(ids)
    for id_ in found:
        remedies.edit(session, actor, id_, {"owner": owner}, at=at)
    return len(found)
