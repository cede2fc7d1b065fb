"""Locking and unlocking an issue from its page."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from bridge.service import locking
from bridge.service.access import Permission
from bridge.service.combining import newest_event
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import back_to, cluster_id, why

pages = Blueprint("locking", __name__)


@pages.post("/issues/<ref>/lock")
@needs(Permission.DECIDE_CLUSTERS)
def lock(ref: str) -> Response:
    """The model adds nothing and takes nothing out."""
    with here.writing() as session:
        found = locking.lock(session, here.actor(), cluster_id(ref), at=here.now(), reason=why())
        event = newest_event(session, f"cluster:{found.id}")
    return back_to(ref, [event])


@pages.post("/issues/<ref>/unlock")
@needs(Permission.DECIDE_CLUSTERS)
def unlock(ref: str) -> Response:
    """The model may group here again."""
    with here.writing() as session:
        found = locking.unlock(session, here.actor(), cluster_id(ref), at=here.now(), reason=why())
        event = newest_event(session, f"cluster:{found.id}")
    return back_to(ref, [event])
