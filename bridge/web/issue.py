"""The page of one issue, and the decisions about its tickets. Every decision leads back here, with an Undo in place."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from bridge.bootstrap import Bridge
from bridge.service import clusters, remedies
from bridge.service.access import Permission
from bridge.service.combining import newest_event, split_preview
from bridge.service.decisions import Decision, undo_all
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.explaining import explain
from bridge.service.issue import IssueView, Pages, issue
from bridge.service.publish_preview import publish_preview
from bridge.service.targets import find_targets
from bridge.web import here, meaning, sessions
from bridge.web.drawing import draw, round_top, scale
from bridge.web.guard import needs
from bridge.words import display_id, parse_cluster_id

KEPT = ("accounts", "tickets", "done")
"""What the address of the page may carry, and keeps when it leads elsewhere."""

pages = Blueprint("issue", __name__)
pages.add_app_template_filter(scale)


@pages.get("/issues/<ref>")
@needs(Permission.READ_CLUSTERS)
def show(ref: str) -> str | Response:
    wanted = cluster_id(ref)
    with here.reading() as session:
        pages_ = Pages(accounts=_page("accounts"), members=_page("tickets"))
        model = reference_model(here.bridge(), session)
        view = issue(session, here.actor(), wanted, here.now(), model=model, pages=pages_)
        asked = request.args.get("why", 0, type=int)
        row = next((row for row in view.members.rows if row.ticket_id == asked), None)
        encode = meaning.encoder()
        explained = (
            explain(session, here.actor(), row.connection, row.name, model=model, encode=encode) if row else None
        )
    if view.merged_from or ref != view.id:
        kept: dict[str, Any] = {name: request.args.getlist(name) for name in KEPT if name in request.args}
        return redirect(url_for("issue.show", ref=view.id, merged=view.merged_from, **kept), 302)
    return render_template(
        "issue.html",
        issue=view,
        drawing=draw(view.timeline),
        top=round_top(view.score.whole) if view.score else 0,
        done=_done(view),
        merged=_merged(request.args.get("merged")),
        explained=explained,
        why_link=lambda ticket: _why_link(view, ticket, asked),
    )


@pages.post("/issues/<ref>/tickets")
@needs(Permission.DECIDE_CLUSTERS)
def tickets(ref: str) -> Response:
    """The buttons of the table of tickets: split those that are ticked, or take one out."""
    act, _, one = request.form.get("do", "").partition(":")
    chosen = _numbers([one] if one else request.form.getlist("ticket"))
    if act == "out":
        with here.writing() as session:
            new = clusters.split(session, here.actor(), cluster_id(ref), chosen, at=here.now())
            event = newest_event(session, f"cluster:{new.id}")
        return back_to(ref, [event])
    if not chosen:
        raise ServiceError("tick the tickets first")
    return redirect(url_for("issue.move" if act == "move" else "issue.split", ref=ref, ticket=chosen), 303)


@pages.get("/issues/<ref>/split")
@needs(Permission.DECIDE_CLUSTERS)
def split(ref: str) -> str:
    with here.reading() as session:
        chosen = _numbers(request.args.getlist("ticket"))
        preview = split_preview(session, here.actor(), cluster_id(ref), chosen, at=here.now())
    return render_template("split.html", preview=preview)


@pages.post("/issues/<ref>/split")
@needs(Permission.DECIDE_CLUSTERS)
def do_split(ref: str) -> Response:
    chosen = _numbers(request.form.getlist("ticket"))
    with here.writing() as session:
        new = clusters.split(session, here.actor(), cluster_id(ref), chosen, at=here.now(), reason=why())
        event = newest_event(session, f"cluster:{new.id}")
    return back_to(ref, [event])


@pages.get("/issues/<ref>/move")
@needs(Permission.DECIDE_CLUSTERS)
def move(ref: str) -> str:
    words = request.args.get("q", "")
    chosen = _numbers(request.args.getlist("ticket"))
    if not chosen:
        raise ServiceError("tick the tickets to move first, in the issue's list of tickets")
    with here.reading() as session:
        view = issue(session, here.actor(), cluster_id(ref), here.now(), model=reference_model(here.bridge(), session))
        found = find_targets(session, here.actor(), words, without=view.cluster_id)
    return render_template("move.html", issue=view, chosen=chosen, words=words, found=found)


@pages.post("/issues/<ref>/move")
@needs(Permission.DECIDE_CLUSTERS)
def do_move(ref: str) -> Response:
    chosen = _numbers(request.form.getlist("ticket"))
    with here.writing() as session:
        target = clusters.move(
            session, here.actor(), chosen, cluster_id(request.form.get("to", "")), at=here.now(), reason=why()
        )
        event = newest_event(session, f"cluster:{target.id}")
    return back_to(ref, [event])


@pages.get("/issues/<ref>/publish")
@needs(Permission.DECIDE_CLUSTERS)
def publish(ref: str) -> str:
    with here.reading() as session:
        draft = publish_preview(session, here.actor(), cluster_id(ref), here.bridge().targets, at=here.now())
    return render_template("publish.html", draft=draft, trackers=sorted(here.bridge().targets))


@pages.post("/issues/<ref>/publish")
@needs(Permission.DECIDE_CLUSTERS)
def do_publish(ref: str) -> Response:
    with here.writing() as session:
        found = clusters.publish(session, here.actor(), cluster_id(ref), at=here.now(), reason=why())
        event = newest_event(session, f"cluster:{found.id}")
    return back_to(ref, [event])


@pages.post("/issues/<ref>/confirm")
@needs(Permission.APPROVE_REMEDY)
def confirm(ref: str) -> Response:
    """The plan still holds: agents may quote it again."""
    with here.writing() as session:
        row, _ = remedies.approve(session, here.actor(), cluster_id(ref), at=here.now())
    flash(f"Confirmed as revision {row.revision}: agents may quote it again.", "ok")
    return redirect(url_for("issue.show", ref=ref), 303)


@pages.post("/issues/undo")
@needs(Permission.DECIDE_CLUSTERS)
def undo() -> Response:
    with here.writing() as session:
        undone = undo_all(session, here.actor(), _numbers(request.form.getlist("event")), at=here.now())
    flash("Taken back: everything is where it was." if undone else "", "ok")
    wanted = request.form.get("next", "")
    return redirect(wanted if sessions.is_local(wanted) else url_for("auth.home"), 303)


def back_to(ref: str, events: list[int]) -> Response:
    """To the issue's page, which says what was done and offers to take it back."""
    return redirect(url_for("issue.show", ref=ref, done=events), 303)


def cluster_id(ref: str) -> int:
    try:
        return parse_cluster_id(ref)
    except ValueError as error:
        raise UnknownId(str(error)) from None


def why() -> str | None:
    """The reason that a person typed, if any."""
    return request.form.get("reason", "").strip()[:500] or None


def reference_model(bridge: Bridge, session: Session) -> str:
    """The name of the vectors that are read now."""
    return bridge.serving(session).id


def _numbers(texts: list[str]) -> list[int]:
    try:
        return [int(text) for text in texts]
    except ValueError:
        raise ServiceError("these are no tickets: load the page anew and choose again") from None


def _page(name: str) -> int:
    return max(1, request.args.get(name, 1, type=int))


def _why_link(view: IssueView, ticket: int, asked: int) -> str:
    """The same page with this ticket explained, or without where it is already."""
    kept = {name: request.args.getlist(name) for name in KEPT if name in request.args}
    return url_for("issue.show", ref=view.id, why=None if ticket == asked else ticket, **kept)  # type: ignore[arg-type]


def _done(view: IssueView) -> list[Decision]:
    """What was just decided, as far as the issue's log tells of it."""
    asked = set(request.args.getlist("done", type=int))
    return [row for row in view.log.rows if row.undo in asked]


def _merged(text: str | None) -> str | None:
    """The id that led here, shown only if it is one."""
    try:
        return display_id(parse_cluster_id(text)) if text else None
    except ValueError:
        return None
