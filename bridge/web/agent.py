"""The agent's pages: one box, and the card of a ticket or an issue. Every button is a form that leads back to it."""

from __future__ import annotations

from datetime import datetime

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from sqlmodel import Session
from werkzeug.wrappers import Response

from bridge.analysis.card_text import REPORTED
from bridge.service import feedback, placing
from bridge.service.access import Actor, Permission
from bridge.service.card import card, card_ticket, issue_card
from bridge.service.card_view import Card, TicketRef
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.lookup import hits_of, issue_number, look_up
from bridge.store.card_queries import read_at
from bridge.web import here, meaning
from bridge.web.guard import needs
from bridge.words import parse_cluster_id

pages = APIBlueprint("agent", __name__, enable_openapi=False)


@pages.get("/find")
@needs(Permission.READ_CARD)
def find() -> str | Response:
    text = request.args.get("q", "").strip()[:2000]
    with here.reading() as session:
        actor, at = here.actor(), here.now()
        found = look_up(session, actor, text, at=at, encode=meaning.encoder()) if text else None
        if found and len(found.tickets) == 1:
            return _to(found.tickets[0].connection, found.tickets[0].number)
        if found and found.issue:
            return redirect(url_for("agent.issue", issue=found.issue), 303)
        news = [one.cluster_id for one in feedback.changed(session, actor)]
        return render_template(
            "find.html",
            found=found,
            watched=hits_of(session, actor, news, at=at),
            asked_for=_asked_for(),
            read_at=read_at(session, None),
            safe=REPORTED["en"],
        )


@pages.post("/find/seen/<issue>")
@needs(Permission.READ_CARD)
def seen(issue: str) -> Response:
    with here.writing() as session:
        feedback.seen(session, here.actor(), _number(session, here.actor(), issue))
    return redirect(url_for("agent.find"), 303)


@pages.get("/t/<path:number>")
@needs(Permission.READ_CARD)
def any_ticket(number: str) -> Response:
    """For links that know the number only: to the card, or to the choice where several connections have it."""
    with here.reading() as session:
        found = look_up(session, here.actor(), number, at=here.now())
    if len(found.tickets) == 1:
        return _to(found.tickets[0].connection, found.tickets[0].number)
    if not found.tickets:
        raise UnknownId(f"there is no ticket {number} here: check the number, or search by the customer's words")
    return redirect(url_for("agent.find", q=number), 303)


@pages.get("/t/<connection>/<path:number>")
@needs(Permission.READ_CARD)
def ticket(connection: str, number: str) -> str:
    with here.reading() as session:
        shown = card(session, here.actor(), connection, number, at=here.now())
    return _page(shown, url_for("agent.act", connection=connection, number=number))


@pages.post("/t/<connection>/<path:number>")
@needs(Permission.GIVE_FEEDBACK)
def act(connection: str, number: str) -> Response:
    verb, _, what = request.form.get("act", "").partition(" ")
    with here.writing() as session:
        actor, at = here.actor(), here.now()
        ticket_id, cluster_id = card_ticket(session, actor, connection, number, at=at)
        _do(session, actor, verb, what, at=at, ticket_id=ticket_id, cluster_id=cluster_id)
    return _to(connection, number)


@pages.get("/i/<issue>")
@needs(Permission.READ_CARD)
def issue(issue: str) -> str:
    """The card of an issue, for an agent who has words and no ticket."""
    with here.reading() as session:
        actor = here.actor()
        shown = issue_card(session, actor, _number(session, actor, issue), at=here.now())
    return _page(shown, url_for("agent.act_on_issue", issue=issue))


@pages.post("/i/<issue>")
@needs(Permission.GIVE_FEEDBACK)
def act_on_issue(issue: str) -> Response:
    verb, _, what = request.form.get("act", "").partition(" ")
    with here.writing() as session:
        actor = here.actor()
        cluster_id = _number(session, actor, issue)
        _do(session, actor, verb, what, at=here.now(), ticket_id=None, cluster_id=cluster_id)
    return redirect(url_for("agent.issue", issue=issue), 303)


def _do(
    session: Session,
    actor: Actor,
    verb: str,
    what: str,
    *,
    at: datetime,
    ticket_id: int | None,
    cluster_id: int | None,
) -> None:
    """What a button of the card says. Raises ServiceError for one that the card does not have."""
    if ticket_id is not None and verb in ("same", "wrong", "new", "undo"):
        _place(session, actor, verb, what, at=at, ticket_id=ticket_id)
    elif cluster_id is None:
        raise ServiceError("this ticket belongs to no issue yet: say which one it is first")
    elif verb == "watch":
        feedback.watch(session, actor, cluster_id, at=at)
    elif verb == "unwatch":
        feedback.unwatch(session, actor, cluster_id)
    else:
        feedback.tell(session, actor, verb, cluster_id, at=at, ticket_id=ticket_id)


def _place(session: Session, actor: Actor, verb: str, what: str, *, at: datetime, ticket_id: int) -> None:
    if verb == "same":
        placing.confirm_same(session, actor, ticket_id, _issue_id(what), at=at)
    elif verb == "wrong":
        placing.wrong_issue(session, actor, ticket_id, at=at)
    elif verb == "new":
        placing.new_issue(session, actor, ticket_id, at=at)
    else:
        placing.undo_own(session, actor, int(what) if what.isdecimal() else 0, at=at)
        flash("Taken back.", "ok")


def _page(shown: Card, action: str) -> str:
    return render_template("agent_card.html", card=shown, action=action)


def _number(session: Session, actor: Actor, issue: str) -> int:
    return issue_number(session, actor, _issue_id(issue))


def _issue_id(text: str) -> int:
    try:
        return parse_cluster_id(text)
    except ValueError as error:
        raise UnknownId(str(error)) from None


def _asked_for() -> TicketRef | None:
    """The ticket that the reader looks for an issue for."""
    connection, number = request.args.get("connection", ""), request.args.get("ticket", "")
    return TicketRef(connection, number) if connection and number else None


def _to(connection: str, number: str) -> Response:
    return redirect(url_for("agent.ticket", connection=connection, number=number), 303)
