"""In and out: sign-in by password, the one-time link that sets it, the reader's own choices."""

from __future__ import annotations

from datetime import timedelta

from apiflask import APIBlueprint
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import people, signing_in
from bridge.service.errors import ServiceError
from bridge.service.passwords import TooManyTries
from bridge.service.signing_in import SignInRefused
from bridge.web import errors, here, sessions, shell
from bridge.web.guard import public, signed_in

pages = APIBlueprint("auth", __name__, enable_openapi=False)


def lives() -> timedelta:
    return timedelta(hours=here.bridge().settings.web.session_hours)


def welcome(wanted: str | None) -> Response:
    """Where a person goes after signing in: what they wanted, if it is ours, else their first page."""
    if wanted and sessions.is_local(wanted):
        return redirect(wanted, 303)
    return redirect(url_for("auth.home"), 303)


@pages.get("/")
@signed_in
def home() -> Response:
    first = shell.home()
    if first is None:
        abort(404, "There is no page for your role.")
    return redirect(url_for(first), 303)


@pages.get("/signin")
@public
def sign_in() -> str | Response:
    if here.user() is not None:
        return welcome(request.args.get("next"))
    return render_template("signin.html", wanted=request.args.get("next", ""))


@pages.post("/signin")
@public
def enter() -> Response:
    name, wanted = request.form.get("name", ""), request.form.get("next", "")
    try:
        sid = signing_in.sign_in(
            here.bridge().db, name, request.form.get("password", ""), here.address(), at=here.now(), lives=lives()
        )
    except (SignInRefused, TooManyTries) as error:
        text = f"{str(error)[:1].upper()}{str(error)[1:]}."
        page = render_template("signin.html", wanted=wanted, name=name[:80], refusal=text)
        return Response(page, errors.status_of(error), mimetype="text/html")
    sessions.begin(sid)
    return welcome(wanted)


@pages.post("/signout")
@signed_in
def leave() -> Response:
    if sid := sessions.secret():
        with here.writing() as session:
            signing_in.sign_out(session, sid, here.now())
    sessions.end()
    return redirect(url_for("auth.sign_in"), 303)


@pages.get("/welcome/<secret>")
@public
def link(secret: str) -> str:
    with here.reading() as session:
        user = people.link_user(session, secret, here.now())
    return render_template("password.html", name=user.name, secret=secret)


@pages.post("/welcome/<secret>")
@public
def choose(secret: str) -> str | Response:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return _again(secret, "the two passwords differ: type the same twice")
    try:
        with here.writing() as session:
            user = people.set_password(session, secret, password, at=here.now())
            sid = signing_in.open_session(session, user, "link", at=here.now(), lives=lives())
    except ServiceError as error:
        return _again(secret, str(error))
    sessions.begin(sid)
    flash("Your password is set.", "ok")
    return welcome(None)


def _again(secret: str, refusal: str) -> str:
    with here.reading() as session:
        name = people.link_user(session, secret, here.now()).name
    return render_template("password.html", name=name, secret=secret, refusal=refusal)


@pages.post("/me/theme")
@signed_in
def theme() -> Response:
    with here.writing() as session:
        people.set_theme(session, here.actor(), request.form.get("theme", ""))
    back = request.form.get("next")
    return redirect(back if back and sessions.is_local(back) else url_for("auth.home"), 303)
