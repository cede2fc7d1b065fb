"""The Monday review on one page: what is left, what moved, and finishing it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from bridge.service import monday as service
from bridge.service.access import Permission
from bridge.web import here, issue_words
from bridge.web.guard import needs
from bridge.web.issue import why

pages = Blueprint("monday", __name__)


@pages.get("/issues/monday")
@needs(Permission.READ_CLUSTERS)
def show() -> str:
    with here.reading() as session:
        found = service.monday(session, here.actor(), at=here.now())
    newest = next((one.id for one in found.finished if one.undone_at is None), None)
    return render_template("monday.html", found=found, words=issue_words, newest=newest)


@pages.post("/issues/monday")
@needs(Permission.DECIDE_CLUSTERS)
def finish() -> Response:
    with here.writing() as session:
        service.finish(session, here.actor(), at=here.now(), reason=why())
    flash("The review is finished. The next one is told against this ranking.", "ok")
    return redirect(url_for(".show"), 303)


@pages.post("/issues/monday/<int:review>/undo")
@needs(Permission.DECIDE_CLUSTERS)
def undo(review: int) -> Response:
    with here.writing() as session:
        service.undo_finish(session, here.actor(), review, at=here.now())
    flash("Taken back: the review before it counts again.", "ok")
    return redirect(url_for(".show"), 303)
