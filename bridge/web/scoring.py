"""/scoring: the constants of the score, what others would do, saving them, and going back to an older version.

Rule: what is typed is never lost, and every save stands below the ranking that it would make.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import scoring
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs

pages = Blueprint("scoring", __name__)
REFUSED = 422
_NOT_CONSTANTS = ("csrf_token", "do", "reason", "seen")


@pages.get("/scoring")
@needs(Permission.READ_VALUE)
def show() -> str:
    return _page({})


@pages.post("/scoring")
@needs(Permission.EDIT_SCORING)
def change() -> str | Response | tuple[str, int]:
    """``do``: try or save."""
    typed = {key: text for key, text in request.form.items() if key not in _NOT_CONSTANTS}
    if request.form.get("do") != "save":
        return _page(typed, tried=True)
    try:
        with here.writing() as session:
            done = scoring.save(session, here.actor(), typed, _reason(), at=here.now(), seen=_seen())
    except ServiceError as error:
        return _page(typed, tried=True, refusal=str(error)), REFUSED
    return _done(done)


@pages.get("/scoring/<int:version>")
@needs(Permission.EDIT_SCORING)
def older(version: int) -> str:
    """What going back to it would do."""
    return _older(version)


@pages.post("/scoring/<int:version>")
@needs(Permission.EDIT_SCORING)
def roll_back(version: int) -> Response | tuple[str, int]:
    try:
        with here.writing() as session:
            done = scoring.rollback(session, here.actor(), version, _reason(), at=here.now(), seen=_seen())
    except ServiceError as error:
        return _older(version, refusal=str(error)), REFUSED
    return _done(done)


def _page(typed: dict[str, str], *, tried: bool = False, refusal: str | None = None) -> str:
    with here.reading() as session:
        actor = here.actor()
        now = scoring.constants(session, actor)
        trial = scoring.trial(session, actor, typed) if tried else None
        versions = scoring.versions(session, actor)
    return render_template(
        "scoring.html",
        constants=now,
        trial=trial,
        values=trial.typed if trial else now.values,
        errors=trial.errors if trial else {},
        versions=versions,
        reason=_reason(),
        refusal=refusal if not (trial and trial.errors) else None,
    )


def _older(version: int, refusal: str | None = None) -> str:
    with here.reading() as session:
        actor = here.actor()
        trial = scoring.trial_of(session, actor, version)
        found = next(one for one in scoring.versions(session, actor) if one.version == version)
    return render_template("scoring_back.html", version=found, trial=trial, reason=_reason(), refusal=refusal)


def _done(done: scoring.Saved) -> Response:
    says = f", which says what version {done.like} said" if done.like else ""
    ranked = "The issues are ranked with it." if done.ranked else "The next sync ranks with it."
    flash(f"Version {done.version} is in force{says}. {ranked}", "ok")
    return redirect(url_for("scoring.show"), 303)


def _reason() -> str:
    return request.form.get("reason", "").strip()[: scoring.LONGEST_REASON]


def _seen() -> int | None:
    return request.form.get("seen", type=int)
