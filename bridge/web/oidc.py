"""Sign-in by the company's OpenID provider: authorization code with PKCE, state and nonce, all checked by Authlib.

Rule: what the provider says counts only if its token is signed, of our issuer, and made for us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from apiflask import APIBlueprint
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, current_app, render_template, request, session
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from bridge.bootstrap import Bridge
from bridge.jobs import log_redacted
from bridge.service.single_sign_on import SsoRefused, come_in
from bridge.settings.oidc import OidcSettings
from bridge.web import auth, here, sessions
from bridge.web.guard import public

pages = APIBlueprint("oidc", __name__, enable_openapi=False)

TIMEOUT_S = 10
_NEXT = "oidc next"


def install(app: Flask, bridge: Bridge) -> None:
    """Offer the door where it is configured."""
    settings = bridge.settings.oidc
    app.jinja_env.globals["single_sign_on"] = settings.button if settings.is_on else ""
    if not settings.is_on:
        return
    oauth = OAuth(app)
    app.extensions["oidc"] = oauth.register(
        "company",
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        server_metadata_url=f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.scopes,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_S,
        },
    )


@pages.get("/signin/oidc")
@public
def begin() -> Response:
    client = _client()
    session[_NEXT] = request.args.get("next", "")
    try:
        found: Response = client.authorize_redirect(f"{here.bridge().settings.web.address}/signin/oidc/back")
    except (requests.RequestException, AuthlibBaseError, ValueError) as error:
        return _refused(error, "The sign-in of your company does not answer. Try again, or use your password.", 502)
    return found


@pages.get("/signin/oidc/back")
@public
def back() -> Response:
    wanted = session.get(_NEXT)
    try:
        claims = _claims(_client(), here.bridge().settings.oidc)
    except (requests.RequestException, AuthlibBaseError, JoseError, ValueError) as error:
        return _refused(error, "The sign-in was not completed, or took too long. Begin again.", 401)
    try:
        with here.writing() as db:
            sid = come_in(db, here.bridge().settings.oidc, claims, at=here.now(), lives=auth.lives())
    except SsoRefused as refusal:
        return _page(f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.", 403)
    sessions.begin(sid)
    return auth.welcome(wanted)


def _claims(client: Any, settings: OidcSettings) -> Mapping[str, Any]:
    """Of the verified ID token; groups from the userinfo endpoint, if the token does not name them."""
    wanted = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
        "nonce": {"essential": True},
    }
    token = client.authorize_access_token(claims_options=wanted)
    claims = dict(token.get("userinfo") or {})
    if not claims.get("sub"):
        raise ValueError("the provider sent no ID token")
    if settings.group_claim not in claims:
        more = dict(client.userinfo(token=token))
        if more.get("sub") != claims["sub"]:
            raise ValueError("the provider's userinfo is of somebody else")
        claims = {**more, **claims}
    return claims


def _client() -> Any:
    client = current_app.extensions.get("oidc")
    if client is None:
        abort(404, "There is no single sign-on here.")
    return client


def _refused(error: Exception, text: str, status: int) -> Response:
    log_redacted("single sign-on failed", error)
    return _page(text, status)


def _page(text: str, status: int) -> Response:
    return Response(render_template("signin.html", wanted="", refusal=text), status, mimetype="text/html")
