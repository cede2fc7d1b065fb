"""The outbox: what is on its way out, what is dead, and letting it go again or giving it up."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import outbox
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs

pages = APIBlueprint("outbox", __name__, enable_openapi=False)


@pages.get("/outbox")
@needs(Permission.READ_STATUS)
def listing() -> str:
    before = request.args.get("before", type=int)
    view = request.args.get("view", "open")
    with here.reading() as session:
        found = outbox.outbox_page(session, here.actor(), here.now(), view=view, before=before)
    return render_template("outbox.html", found=found, views=tuple(outbox.VIEWS), before=before)


@pages.post("/outbox/<int:number>/retry")
@needs(Permission.OPERATE)
def retry(number: int) -> Response:
    surely_absent = request.form.get("absent") == "yes"
    with here.writing() as session:
        outbox.retry(session, here.actor(), number, here.now(), surely_absent=surely_absent)
    flash(f"Row {number} goes out with the next run of the worker, within a minute or so.", "ok")
    return _back()


@pages.post("/outbox/<int:number>/discard")
@needs(Permission.OPERATE)
def discard(number: int) -> Response:
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise ServiceError("say why this write is given up: the reason is kept in the audit log")
    with here.writing() as session:
        outbox.discard(session, here.actor(), number, here.now(), reason)
    flash(f"Row {number} is given up. What waited behind it goes on.", "ok")
    return _back()


def _back() -> Response:
    if request.form.get("from") == "connections":
        return redirect(url_for("connections.listing", _anchor="outbox"), 303)
    return redirect(url_for("outbox.listing", view=request.form.get("view") or None), 303)
