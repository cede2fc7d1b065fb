"""/users and /me: who may come in, as what, and from where they are signed in."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import people, signing_in, tokens
from bridge.service.access import Permission, Scope
from bridge.service.errors import ServiceError
from bridge.service.people_pages import users_view
from bridge.store.suppliers import all_suppliers
from bridge.web import here
from bridge.web.guard import needs, signed_in
from bridge.words import Role

pages = APIBlueprint("people", __name__, enable_openapi=False)


@pages.get("/users")
@needs(Permission.ADMINISTER)
def listing() -> str:
    return _users()


@pages.post("/users")
@needs(Permission.ADMINISTER)
def add() -> str:
    get = request.form.get
    role = get("role", "")
    if role not in set(Role):
        raise ServiceError("choose a role")
    supplier, email = get("supplier", "").strip() or None, get("email", "").strip() or None
    with here.writing() as session:
        user, secret = people.add_user(
            session, here.actor(), get("name", ""), Role(role), at=here.now(), supplier=supplier, email=email
        )
    return _users(made=(user.name, _address(secret)))


@pages.post("/users/<name>/reset")
@needs(Permission.ADMINISTER)
def reset(name: str) -> str:
    with here.writing() as session:
        secret = people.reset(session, here.actor(), name, at=here.now())
    return _users(made=(name, _address(secret)))


@pages.post("/users/<name>/disable")
@needs(Permission.ADMINISTER)
def disable(name: str) -> Response:
    disabled = request.form.get("disabled") == "1"
    with here.writing() as session:
        people.set_disabled(session, here.actor(), name, disabled=disabled, at=here.now())
    flash(f"{name} is out: sessions and tokens have ended." if disabled else f"{name} may sign in again.", "ok")
    return redirect(url_for("people.listing"), 303)


@pages.get("/me")
@signed_in
def me() -> str:
    return own_page()


@pages.post("/sessions/<int:session_id>/revoke")
@signed_in
def revoke(session_id: int) -> Response:
    with here.writing() as session:
        signing_in.revoke(session, here.actor(), session_id, at=here.now())
    flash("The session has ended.", "ok")
    return redirect(_back(), 303)


def own_page(made: tuple[str, str] | None = None) -> str:
    """The reader's own sessions and tokens; ``made``: (name, secret) of a token that is shown once."""
    actor = here.actor()
    with here.reading() as session:
        own = signing_in.sessions(session, actor, actor.user_id or 0, here.now())
        mine = [row for row, _ in tokens.tokens(session, actor)]
    return render_template("me.html", sessions=own, tokens=mine, made=made, scopes=list(Scope), user=here.user())


def _users(made: tuple[str, str] | None = None) -> str:
    with here.reading() as session:
        rows = users_view(session, here.actor(), here.now())
        suppliers = [supplier.name for supplier in all_suppliers(session)]
    return render_template("users.html", rows=rows, made=made, roles=list(Role), suppliers=suppliers)


def _address(secret: str) -> str:
    return f"{here.bridge().settings.web.address}{url_for('auth.link', secret=secret)}"


def _back() -> str:
    """Admins end others' sessions from the list of users."""
    return url_for("people.listing") if request.form.get("from") == "users" else url_for("people.me")
