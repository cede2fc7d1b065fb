"""/tokens: what programs come in with. The secret is shown once, on the page that answers its making."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import people, tokens
from bridge.service.access import Permission, Scope
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs, signed_in
from bridge.web.people import own_page

pages = APIBlueprint("tokens", __name__, enable_openapi=False)


@pages.get("/tokens")
@needs(Permission.ADMINISTER)
def listing() -> str:
    return _everybodys()


@pages.post("/tokens")
@signed_in
def create() -> str:
    """From /tokens for anybody, from /me for oneself."""
    from_list = request.form.get("from") == "tokens"
    chosen = request.form.getlist("scopes")
    if set(chosen) - set(Scope):
        raise ServiceError(f"a token's scopes are {', '.join(Scope)}")
    owner = request.form.get("owner") if from_list else None
    days = request.form.get("days", 0, type=int)
    with here.writing() as session:
        row, secret = tokens.create_token(
            session,
            here.actor(),
            request.form.get("name", ""),
            frozenset(map(Scope, chosen)),
            days=days,
            at=here.now(),
            owner=owner or None,
        )
    return _everybodys((row.name, secret)) if from_list else own_page((row.name, secret))


@pages.post("/tokens/<int:token_id>/revoke")
@signed_in
def revoke(token_id: int) -> Response:
    with here.writing() as session:
        row = tokens.revoke_token(session, here.actor(), token_id, at=here.now())
    flash(f"The token {row.name} works no more.", "ok")
    return redirect(url_for("tokens.listing" if request.form.get("from") == "tokens" else "people.me"), 303)


def _everybodys(made: tuple[str, str] | None = None) -> str:
    with here.reading() as session:
        rows = tokens.tokens(session, here.actor(), everybody=True)
        names = [user.name for user in people.users(session, here.actor()) if not user.disabled]
    return render_template("tokens.html", rows=rows, made=made, scopes=list(Scope), names=names)
