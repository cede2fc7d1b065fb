"""What surrounds every page: the menu with what the role may open, the age of the data, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request

from bridge.service import review_queue
from bridge.service.access import Permission
from bridge.service.status import Attention, attention
from bridge.web import here

_P = Permission


@dataclass(frozen=True, slots=True)
class Item:
    """A place in the menu. ``also`` are the endpoints of its sub-pages, by the beginnings of their names."""

    endpoint: str
    text: str
    permission: Permission
    also: tuple[str, ...] = ()


_OF_ISSUES = ("issues.", "issue.", "estimates.", "remedy.", "grouping_log.", "monday.", "sticky.", "publishing.")
MENU = (
    Item("issues.listing", "Issues", _P.READ_CLUSTERS, _OF_ISSUES),
    Item("agent.find", "Find a ticket", _P.READ_CARD, ("agent.",)),
    Item("review.listing", "Review", _P.READ_CARD, ("review.",)),
    Item("accounts.listing", "Accounts", _P.READ_VALUE, ("accounts.", "segments.", "importing.", "scoring.")),
    Item("grouping.show", "Grouping", _P.DECIDE_CLUSTERS, ("grouping.", "questions.")),
    Item("connections.listing", "Connections", _P.READ_STATUS, ("connections.", "outbox.")),
    Item("people.listing", "Users", _P.ADMINISTER, ("people.", "tokens.")),
    Item("audit.listing", "Audit", _P.ADMINISTER, ("audit.", "erase.")),
)


def install(app: Flask) -> None:
    app.context_processor(_shell)


def _shell() -> dict[str, Any]:
    user = here.user()
    return {
        "may": here.may,
        "Permission": Permission,
        "menu": menu(),
        "who": here.signed_in(),
        "theme": user.theme if user else "auto",
        "attention": _attention,
        "tickets_to_review": _tickets_to_review,
        "now": here.now(),
    }


def menu() -> list[tuple[Item, bool]]:
    """What the reader may open, and whether it is where they are."""
    at = request.endpoint or ""
    known = current_app.view_functions
    return [(i, at.startswith(i.also)) for i in MENU if i.endpoint in known and here.may(i.permission)]


def home() -> str | None:
    """The endpoint of the first page of the reader's menu."""
    return next((item.endpoint for item, _ in menu()), None)


def _attention() -> Attention:
    with here.reading() as session:
        return attention(session)


def _tickets_to_review() -> int:
    """Tickets that wait for an answer of the reader."""
    with here.reading() as session:
        return review_queue.count(session, here.actor())
