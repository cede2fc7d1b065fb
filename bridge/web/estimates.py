"""Estimates of an issue, typed on its page. Rule: percent on the page, shares everywhere else."""

from __future__ import annotations

import math

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.service.estimates import estimate
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import back_to, cluster_id, why

pages = Blueprint("estimates", __name__)


@pages.post("/issues/<ref>/estimate")
@needs(Permission.DECIDE_CLUSTERS)
def save(ref: str) -> Response:
    """An empty field takes the estimate away."""
    try:
        effort, percent = _number("effort", "effort"), _number("blocked", "blocked growth")
        said = {"effort": effort, "blocked_share": None if percent is None else percent / 100}
        with here.writing() as session:
            event = estimate(session, here.actor(), cluster_id(ref), said, at=here.now(), reason=why())
            done = event.id if event else None
    except ServiceError as error:
        flash(f"Not saved. {error}", "bad")
        return redirect(url_for("issue.show", ref=ref, _anchor="beside"), 303)
    if done is None:
        flash("That is the estimate already.", "ok")
        return redirect(url_for("issue.show", ref=ref, _anchor="beside"), 303)
    return back_to(ref, [done])


def _number(name: str, label: str) -> float | None:
    text = request.form.get(name, "").strip().removesuffix("%").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ServiceError(f"{label}: write a number, such as 2.5")
    return number
