"""The review queue as a page: tickets of which the model is not sure, answered by one click or one key each.

Rule: every answer is a form; a script only saves the reload, and gets the same words as an answer.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import placing, review_answers, review_queue
from bridge.service.access import Permission
from bridge.service.errors import ServiceError, UnknownId
from bridge.web import here
from bridge.web.guard import needs
from bridge.words import parse_cluster_id

pages = APIBlueprint("review", __name__, enable_openapi=False)
CONFLICT = 409


@pages.get("/review")
@needs(Permission.READ_CARD)
def listing() -> str:
    with here.reading() as session:
        actor = here.actor()
        found = review_queue.queue(session, actor, _number("page") or 1, _issue(), at=here.now())
        done = review_answers.answered(session, actor, _number("done"))
    return render_template("review.html", found=found, done=done, page_url=_page_url)


@pages.post("/review/<int:ticket_id>")
@needs(Permission.GIVE_FEEDBACK)
def answer(ticket_id: int) -> Response | tuple[Response, int]:
    """``answer`` is an issue or "neither"."""
    said = request.form.get("answer", "")
    try:
        with here.writing() as session:
            actor, at = here.actor(), here.now()
            if said == "neither":
                event = review_answers.neither(session, actor, ticket_id, at=at)
            else:
                event = review_answers.belongs(session, actor, [ticket_id], _cluster(said), at=at)
            done = event.id or 0
    except ServiceError as error:
        if not _by_script():
            raise
        return jsonify(html=render_template("_review_done.html", refused=str(error))), CONFLICT
    return _said(done) if _by_script() else _back(done)


@pages.post("/review/several")
@needs(Permission.GIVE_FEEDBACK)
def several() -> Response:
    """All that are ticked belong to one issue."""
    try:
        ids = [int(text) for text in request.form.getlist("ticket")]
    except ValueError:
        raise ServiceError("these are no tickets: load the page anew and choose again") from None
    with here.writing() as session:
        issue = _cluster(request.form.get("answer", ""))
        event = review_answers.belongs(session, here.actor(), ids, issue, at=here.now())
        done = event.id or 0
    return _back(done)


@pages.post("/review/undo")
@needs(Permission.GIVE_FEEDBACK)
def undo() -> Response:
    """One's own answer."""
    with here.writing() as session:
        placing.undo_own(session, here.actor(), _event(), at=here.now())
    flash("Taken back: it waits again.", "ok")
    return redirect(url_for(".listing", issue=request.args.get("issue")), 303)


def _event() -> int:
    text = request.form.get("event", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - no id is that long


def _by_script() -> bool:
    return bool(request.accept_mimetypes.best == "application/json")


def _said(event: int) -> Response:
    with here.reading() as session:
        done = review_answers.answered(session, here.actor(), event)
        left = review_queue.count(session, here.actor())
    return jsonify(html=render_template("_review_done.html", done=done), left=left)


def _back(event: int) -> Response:
    kept = {name: request.args[name] for name in ("issue", "page") if name in request.args}
    return redirect(url_for(".listing", done=event, **kept), 303)  # type: ignore[arg-type]


def _issue() -> int | None:
    """Of which issue only; one that is none is left out, as an address that somebody kept must open."""
    try:
        return parse_cluster_id(request.args["issue"]) if request.args.get("issue") else None
    except ValueError:
        return None


def _cluster(text: str) -> int:
    try:
        return parse_cluster_id(text)
    except ValueError as error:
        raise UnknownId(str(error)) from None


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - no id is that long


def _page_url(found: review_queue.Queue, page: int) -> str:
    kept: dict[str, Any] = {"issue": found.issue, "page": page if page > 1 else None}
    return url_for(".listing", **kept)
