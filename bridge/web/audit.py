"""/audit: every decision of the installation, and whether the log is whole."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import audit as service
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs

pages = APIBlueprint("audit", __name__, enable_openapi=False)


@pages.get("/audit")
@needs(Permission.ADMINISTER)
def listing() -> str:
    filters, before = _filters(), request.args.get("before", type=int)
    with here.reading() as session:
        page = service.audit(session, here.actor(), filters, before)
        chain = service.chain_state(session, here.actor())
    return render_template("audit.html", page=page, chain=chain, filters=filters, before=before, query=_kept())


@pages.post("/audit/verify")
@needs(Permission.ADMINISTER)
def verify() -> Response:
    found = service.verified(here.bridge().db, here.actor(), at=here.now())
    if found.breaks:
        flash(f"The log is broken: {found.breaks}.", "bad")
    else:
        flash(f"The log is whole: {found.events} events, to position {found.position}.", "ok")
    return redirect(url_for("audit.listing"), 303)


def _filters() -> service.Filters:
    get = request.args.get
    return service.Filters(
        who=get("who", "").strip(),
        kind=get("kind", ""),
        subject=get("about", "").strip(),
        since=_day("since"),
        until=_day("until"),
        people=get("everything", "") != "1",
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ServiceError(f"{text[:20]!r} is no day: write it as 2026-11-22") from None


def _kept() -> str:
    """The filters of this page, for its links."""
    return urlencode([(k, v) for k, v in request.args.items() if v and k != "before"])
