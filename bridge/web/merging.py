"""Merging issues: choose, look at what would come of it, do it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from bridge.service.access import Permission
from bridge.service.combining import merge_all, merge_preview
from bridge.service.issue import issue
from bridge.service.targets import find_targets
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import back_to, cluster_id, reference_model, why
from bridge.words import display_id

pages = Blueprint("issue_merging", __name__)


@pages.get("/issues/merge")
@needs(Permission.DECIDE_CLUSTERS)
def preview() -> str:
    """``ids``: 12,13. With one id alone: the page to choose another one from."""
    wanted = _ids(request.args.getlist("ids"))
    if len(wanted) == 1:
        return _choose(wanted[0])
    into = request.args.get("into")
    with here.reading() as session:
        found = merge_preview(session, here.actor(), wanted, cluster_id(into) if into else None, at=here.now())
    return render_template("merge.html", preview=found)


@pages.post("/issues/merge")
@needs(Permission.DECIDE_CLUSTERS)
def merge() -> Response:
    wanted = _ids(request.form.getlist("ids"))
    into = cluster_id(request.form.get("into", ""))
    with here.writing() as session:
        winner, events = merge_all(session, here.actor(), wanted, into, at=here.now(), reason=why())
        ref = display_id(winner.id or 0)
    return back_to(ref, events)


def _choose(wanted: int) -> str:
    words = request.args.get("q", "")
    with here.reading() as session:
        view = issue(session, here.actor(), wanted, here.now(), model=reference_model(here.bridge(), session))
        found = find_targets(session, here.actor(), words, without=view.cluster_id)
    return render_template("merge_choose.html", issue=view, words=words, found=found)


def _ids(texts: list[str]) -> list[int]:
    """Of ``ids=12,13`` and ``ids=12&ids=13`` alike."""
    return [cluster_id(part) for text in texts for part in text.split(",") if part.strip()]
