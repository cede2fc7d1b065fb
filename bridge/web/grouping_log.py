"""The id-migration log as a page."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from bridge.service import grouping_log
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import cluster_id

pages = APIBlueprint("grouping_log", __name__, enable_openapi=False)


@pages.get("/grouping/log")
@needs(Permission.READ_CLUSTERS)
def listing() -> str | Response:
    """``issue`` asks for one id; an empty box asks for all."""
    asked = request.args.get("issue", "").strip()
    if "issue" in request.args and not asked:
        return redirect(url_for(".listing"), 303)
    before = request.args.get("before", type=int)
    wanted = cluster_id(asked) if asked else None
    with here.reading() as session:
        found = grouping_log.log(session, here.actor(), cluster_id=wanted, before=before)
    return render_template("grouping_log.html", log=found, asked=asked)
