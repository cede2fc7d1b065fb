"""How the workspace groups: its state, the dial with its effect, and grouping anew by hand."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import granularity as dial
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.service.grouping_state import state
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import reference_model, why
from bridge.words import Granularity

MEANING = {
    Granularity.COARSE: "fewer, larger issues; more tickets that are only alike",
    Granularity.BALANCED: "as measured best on labelled collections",
    Granularity.STRICT: "more, smaller issues; tickets that mean the same may be in two",
}
REVIEW = "/review"

pages = Blueprint("grouping", __name__)


@pages.get("/grouping")
@needs(Permission.DECIDE_CLUSTERS)
def show() -> str:
    with here.reading() as session:
        model = reference_model(here.bridge(), session)
        view = state(session, here.actor(), model=model)
        effect = dial.effect(session, here.actor(), model=model) if request.args.get("effect") else None
    reviewing = any(rule.rule == REVIEW for rule in current_app.url_map.iter_rules())
    return render_template(
        "grouping.html", state=view, effect=effect, meaning=MEANING, review=REVIEW if reviewing else None
    )


@pages.post("/grouping")
@needs(Permission.DECIDE_CLUSTERS)
def choose() -> Response:
    wanted = request.form.get("granularity", "")
    if wanted not in set(Granularity):
        raise ServiceError(f"there is no setting {wanted[:20]!r}: choose {', '.join(Granularity)}")
    with here.writing() as session:
        dial.choose(session, here.actor(), Granularity(wanted), why() or "", at=here.now())
    flash(f"Grouped {wanted} from the next nightly grouping on. Nothing has moved yet.", "ok")
    return redirect(url_for(".show"), 303)


@pages.post("/grouping/undo")
@needs(Permission.DECIDE_CLUSTERS)
def undo() -> Response:
    with here.writing() as session:
        event = request.form.get("event", type=int) or 0
        taken = dial.undo_choice(session, here.actor(), min(event, 2**31 - 1), at=here.now())
    flash(f"Taken back: grouped {taken.after['granularity']} as before.", "ok")
    return redirect(url_for(".show"), 303)


@pages.post("/grouping/regroup")
@needs(Permission.DECIDE_CLUSTERS)
def regroup() -> Response:
    """The worker groups all tickets anew, as it does at night."""
    with here.writing() as session:
        dial.regroup(session, here.actor(), at=here.now())
    flash("The worker groups all tickets now.", "ok")
    return redirect(url_for(".show"), 303)
