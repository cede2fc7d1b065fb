"""Connections: what works, what needs somebody, and reading or checking one now."""

from __future__ import annotations

from collections.abc import Mapping

from apiflask import APIBlueprint
from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import due, set_aside
from bridge.service.access import Permission
from bridge.service.connection_facts import Facts, facts_of
from bridge.service.connection_page import connection_page
from bridge.service.connection_types import check_lines, connection_types
from bridge.service.connections import connections
from bridge.service.outbox import outbox_page
from bridge.service.set_aside_groups import groups
from bridge.web import here
from bridge.web.guard import needs
from bridge.words import RunKind

pages = APIBlueprint("connections", __name__, enable_openapi=False)

DEAD_SHOWN, WAITING_SHOWN = 20, 10


def facts() -> Mapping[str, Facts]:
    return facts_of(here.bridge())


def lease_s() -> float:
    return here.bridge().settings.worker.lease_seconds


@pages.get("/connections")
@needs(Permission.READ_STATUS)
def listing() -> str:
    who, now = here.actor(), here.now()
    with here.reading() as session:
        found = connections(session, who, facts(), now, lease_s=lease_s())
        dead = outbox_page(session, who, now, view="dead", limit=DEAD_SHOWN)
        waiting = outbox_page(session, who, now, view="waiting", limit=WAITING_SHOWN)
        aside = groups(session, who)
    return render_template("connections.html", found=found, dead=dead, waiting=waiting, aside=aside)


@pages.get("/connections/<name>")
@needs(Permission.READ_STATUS)
def one(name: str) -> str:
    with here.reading() as session:
        found = connection_page(session, here.actor(), facts(), name, here.now(), lease_s=lease_s())
    return render_template("connection.html", found=found, row=found.row, fact=found.row.facts)


@pages.get("/connections/<name>/progress")
@needs(Permission.READ_STATUS)
def progress(name: str) -> Response:
    """How far the run of this kind is: what the page's script asks every second."""
    kind = RunKind.CHECK if request.args.get("kind") == RunKind.CHECK else RunKind.READ
    with here.reading() as session:
        found = due.progress(session, here.actor(), facts(), name, kind)
    return jsonify(found.to_dict() if found else {"state": "none"})


@pages.post("/connections/<name>/read")
@needs(Permission.OPERATE)
def read(name: str) -> Response:
    with here.writing() as session:
        due.ask(session, here.actor(), facts(), name, here.now())
    return _back(name)


@pages.post("/connections/<name>/check")
@needs(Permission.OPERATE)
def check(name: str) -> Response:
    with here.writing() as session:
        due.ask(session, here.actor(), facts(), name, here.now(), RunKind.CHECK)
    return redirect(url_for("connections.one", name=name), 303)


@pages.post("/connections/<name>/replay")
@needs(Permission.OPERATE)
def replay(name: str) -> Response:
    """Read the source again from its start, now."""
    stream = request.form.get("stream", "")
    with here.writing() as session:
        set_aside.replay(session, here.actor(), name, stream, at=here.now())
        due.ask(session, here.actor(), facts(), name, here.now())
    flash(f"{name} is read again from the start. What is mended comes in; the rest stays set aside.", "ok")
    return _back(name)


@pages.get("/add-connection")
@needs(Permission.OPERATE)
def add() -> str:
    return render_template("connection_add.html", types=connection_types(here.actor()), text="", checked=None)


@pages.post("/add-connection")
@needs(Permission.OPERATE)
def check_text() -> str:
    """Nothing is stored, so nothing is redirected: the answer stands beside the pasted lines.

    Lines that hold a secret are not sent back.
    """
    text = request.form.get("text", "")
    checked = check_lines(here.actor(), text, here.bridge().settings)
    shown = "" if checked.holds_secret else text
    return render_template("connection_add.html", types=connection_types(here.actor()), text=shown, checked=checked)


def _back(name: str) -> Response:
    """To the page that the button stands on."""
    if request.form.get("from") == "list":
        return redirect(url_for("connections.listing"), 303)
    return redirect(url_for("connections.one", name=name), 303)
