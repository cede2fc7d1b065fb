"""The page that says why a ticket lies in its issue. Rule: it reads, and decides nothing."""

from __future__ import annotations

from flask import Blueprint, render_template

from bridge.service.access import Permission
from bridge.service.explaining import explain
from bridge.web import here, meaning
from bridge.web.guard import needs
from bridge.web.issue import reference_model

pages = Blueprint("why", __name__)


@pages.get("/why/<connection>/<path:number>")
@needs(Permission.READ_CARD)
def show(connection: str, number: str) -> str:
    with here.reading() as session:
        model = reference_model(here.bridge(), session)
        found = explain(session, here.actor(), connection, number, model=model, encode=meaning.encoder())
    return render_template("why.html", why=found)
