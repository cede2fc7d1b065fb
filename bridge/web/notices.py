"""/me/notifications: what a person is told of. /unsubscribe: the link in a mail, for whoever holds it.

Rule: opening the link changes nothing, since scanners open links; its form does, and a mail program's one click
(RFC 8058).
"""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import notices
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.guard import machine, needs, public
from bridge.words import NoticeKind

pages = APIBlueprint("notices", __name__, enable_openapi=False)

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@pages.get("/me/notifications")
@needs(Permission.READ_CLUSTERS)
def show() -> str:
    bridge = here.bridge()
    with here.reading() as session:
        found = notices.choices(session, here.actor(), bridge.reach, bridge.settings.workspace.timezone)
    own = bridge.settings.notices
    return render_template("notices.html", found=found, day=own.digest_day, hour=own.digest_hour)


@pages.post("/me/notifications")
@needs(Permission.READ_CLUSTERS)
def choose() -> Response:
    get = request.form.get
    with here.writing() as session:
        notices.choose_all(
            session,
            here.actor(),
            kinds={kind.value: chosen for kind in NoticeKind if (chosen := get(kind.value))},
            channel=get("channel", "email"),
            quiet_from=get("quiet_from", ""),
            quiet_to=get("quiet_to", ""),
            quiet_weekends=get("quiet_weekends") == "1",
            at=here.now(),
        )
    flash("Your choices are kept.", "ok")
    return redirect(url_for("notices.show"), 303)


@pages.get("/unsubscribe/<token>")
@public
def ask(token: str) -> str:
    with here.reading() as session:
        found = notices.ending(session, here.bridge().secret, token)
    return render_template("unsubscribe.html", found=found, token=token)


@pages.post("/unsubscribe/<token>")
@machine
def end(token: str) -> str | Response:
    """The token is the proof: a mail program has no session and no CSRF token."""
    with here.writing() as session:
        found = notices.end(session, here.bridge().secret, token, at=here.now())
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return Response("unsubscribed\n", content_type="text/plain")
    return render_template("unsubscribe.html", found=found, token=token, done=True)
