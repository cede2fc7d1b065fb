"""What waits to be published, and what people changed in a tracker: looked at byte for byte, then decided."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import publishing
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here, sessions
from bridge.web.guard import needs
from bridge.web.issue import cluster_id, why

pages = Blueprint("publishing", __name__)

SAID = {
    "approve": "goes out to {tracker} with the next run, as it was shown.",
    "decline": "is not proposed for {tracker} any more; it stands below, to be proposed again.",
    "again": "is proposed for {tracker} again.",
    "take_over": "is written by us again in {tracker}, with the next run.",
}


@pages.get("/publishing")
@needs(Permission.DECIDE_CLUSTERS)
def listing() -> str:
    targets = here.bridge().targets
    with here.reading() as session:
        found = publishing.waiting_to_be_published(session, here.actor(), targets, at=here.now())
    return render_template("publishing.html", found=found, targets=targets)


@pages.post("/issues/<ref>/trackers/<tracker>")
@needs(Permission.DECIDE_CLUSTERS)
def decide(ref: str, tracker: str) -> Response:
    act = request.form.get("do", "")
    if act not in SAID:
        raise ServiceError("choose what to do: approve, decline, propose again or take over")
    with here.writing() as session:
        found = publishing.act(
            session,
            here.actor(),
            act,
            cluster_id(ref),
            tracker,
            here.bridge().targets,
            at=here.now(),
            seen=request.form.get("seen"),
            reason=why(),
        )
        said = f"{found} {SAID[act].format(tracker=tracker)}"
    flash(said, "ok")
    wanted = request.form.get("next", "")
    return redirect(wanted if sessions.is_local(wanted) else url_for("publishing.listing"), 303)
