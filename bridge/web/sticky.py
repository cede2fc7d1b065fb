"""Deciding about one issue's place and severity: what it would do, and what agents see, before anything is saved."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import sticky
from bridge.service.access import Permission
from bridge.service.combining import newest_event
from bridge.service.deciding import choices
from bridge.service.errors import ServiceError
from bridge.web import here, sessions
from bridge.web.guard import needs
from bridge.web.issue import back_to, cluster_id, why
from bridge.words import Hold, display_id

pages = Blueprint("sticky", __name__)
DONE = {Hold.PIN: "pinned to the Top 10", Hold.MUTE: "muted", Hold.SEVERITY: "given its severity"}


@pages.get("/issues/<ref>/decide")
@needs(Permission.DECIDE_CLUSTERS)
def decide(ref: str) -> str:
    with here.reading() as session:
        found = choices(session, here.actor(), cluster_id(ref), at=here.now())
    wanted = request.args.get("next", "")
    return render_template("decide.html", issue=found, next=wanted if sessions.is_local(wanted) else "", Hold=Hold)


@pages.post("/issues/<ref>/hold")
@needs(Permission.DECIDE_CLUSTERS)
def hold(ref: str) -> Response:
    kind, severity = _kind(), request.form.get("severity") or None
    with here.writing() as session:
        found = sticky.hold(
            session,
            here.actor(),
            cluster_id(ref),
            kind,
            at=here.now(),
            reason=request.form.get("reason", ""),
            until=_day(request.form.get("until", "")),
            severity=severity if kind is Hold.SEVERITY else None,
        )
        event = newest_event(session, f"cluster:{found.id}")
    return _leave(found.id or 0, event, DONE[kind])


@pages.post("/issues/<ref>/let-go")
@needs(Permission.DECIDE_CLUSTERS)
def let_go(ref: str) -> Response:
    kind = _kind()
    with here.writing() as session:
        found = sticky.let_go(session, here.actor(), cluster_id(ref), kind, at=here.now(), reason=why())
        event = newest_event(session, f"cluster:{found.id}")
    return _leave(found.id or 0, event, f"no longer {DONE[kind]}")


def _leave(number: int, event: int, done: str) -> Response:
    """Back to the list that it was decided from; else to the issue, which offers the undo in place."""
    wanted, ref = request.form.get("next", ""), display_id(number)
    if not sessions.is_local(wanted):
        return back_to(ref, [event])
    flash(f"{ref} is {done}. Its page has the undo.", "ok")
    return redirect(wanted or url_for("issues.listing"), 303)


def _kind() -> Hold:
    word = request.form.get("kind", "")
    if word not in set(Hold):
        raise ServiceError("choose what to do: pin, mute or set the severity")
    return Hold(word)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ServiceError(f"{text[:20]!r} is no day: write it as 2026-12-20") from None
