"""The editor of a remedy plan: check, save as a draft, approve and tell agents."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.errors import BridgeError
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.service.remedy_editor import editor, save, save_and_approve
from bridge.web import here
from bridge.web.guard import needs
from bridge.web.issue import cluster_id
from bridge.web.remedy_form import LABELS, ZONES, is_open, typed

pages = Blueprint("remedy", __name__)


@pages.get("/issues/<ref>/remedy")
@needs(Permission.EDIT_REMEDY)
def edit(ref: str) -> str:
    return _page(ref)


@pages.post("/issues/<ref>/remedy")
@needs(Permission.EDIT_REMEDY)
def decide(ref: str) -> str | Response | tuple[str, int]:
    """What is typed is never lost: where it cannot be done the page comes back with it and says why."""
    said = typed(request.form.to_dict())
    act = request.form.get("do", "check")
    try:
        if act == "save":
            return _saved(ref, said)
        if act == "approve":
            return _approved(ref, said)
    except ServiceError as error:
        return _page(ref, said, refusal=error), 422
    return _page(ref, said)


def _saved(ref: str, said: dict[str, str]) -> Response:
    with here.writing() as session:
        revision = save(session, here.actor(), cluster_id(ref), said, at=here.now())
    words = f"Saved as draft {revision}; agents do not see it yet." if revision else "Nothing had changed."
    flash(words, "ok")
    return redirect(url_for("remedy.edit", ref=ref), 303)


def _approved(ref: str, said: dict[str, str]) -> Response:
    with here.writing() as session:
        revision = save_and_approve(session, here.actor(), cluster_id(ref), said, at=here.now())
    flash(f"Revision {revision} is approved: agents may quote it, and the notes go out with the next sync.", "ok")
    return redirect(url_for("issue.show", ref=ref), 303)


def _page(ref: str, said: dict[str, str] | None = None, *, refusal: BridgeError | None = None) -> str:
    with here.reading() as session:
        view = editor(session, here.actor(), cluster_id(ref), at=here.now(), typed=said)
    return render_template(
        "remedy.html",
        plan=view,
        zones=ZONES,
        labels=LABELS,
        is_open=is_open,
        about=[finding.field for finding in view.findings if finding.level != "ok"],
        refusal=str(refusal) if refusal else None,
    )
