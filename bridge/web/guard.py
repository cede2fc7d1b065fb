"""The one gate. Rule: a view says who may open it, or nobody may.

A browser comes with a session cookie and, for a write, the form's CSRF token; a program with a bearer token, to the API
and the metrics only. Who is signed in is decided here, once a request; what they may do, by the service's matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from bridge.service import signing_in, tokens
from bridge.service.access import Permission, actor_for, require
from bridge.web import here, sessions

BY_TOKEN = ("/api/", "/metrics")
"""Where a bearer token is taken. Elsewhere only a browser's session counts."""

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_RULE = "bridge_rule"
_V = TypeVar("_V", bound=Callable[..., Any])
csrf = CSRFProtect()


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may open a view. ``permission`` None: anybody who is signed in."""

    public: bool = False
    permission: Permission | None = None
    forged: bool = False


def needs(permission: Permission) -> Callable[[_V], _V]:
    """The view is for those whose role has the permission."""
    return _marked(Rule(permission=permission))


def signed_in(view: _V) -> _V:
    """The view is for everybody who is signed in, and shows them their own things."""
    return _marked(Rule())(view)


def public(view: _V) -> _V:
    """The view is for strangers, too."""
    return _marked(Rule(public=True))(view)


def machine(view: _V) -> _V:
    """A public view whose sender proves itself, by a signature for example: no CSRF token is asked for."""
    return _marked(Rule(public=True, forged=True))(view)


def _marked(rule: Rule) -> Callable[[_V], _V]:
    def mark(view: _V) -> _V:
        setattr(view, _RULE, rule)
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """None for a view that nobody decided on."""
    found: Rule | None = getattr(app.view_functions[endpoint], _RULE, None)
    if found is None and endpoint in OPEN_ENDPOINTS:
        return Rule(public=True)
    return found


OPEN_ENDPOINTS = {"static", "bootstrap.static", "openapi.spec", "api_docs.static"}
"""Views of libraries that hold no data."""


def install(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    app.before_request(_gate)


def _gate() -> Response | None:
    if request.endpoint is None:
        return None
    rule = rule_of(current_app._get_current_object(), request.endpoint)  # type: ignore[attr-defined]  # noqa: SLF001
    if rule is None:
        abort(403, "nobody has decided who may open this page")
    if request.endpoint.endswith("static"):
        return None
    by_token = _identify()
    if here.signed_in() is None and not rule.public and request.path.startswith(BY_TOKEN):
        return _to_the_door()
    if request.method not in _SAFE and not by_token and not rule.forged:
        csrf.protect()
    if rule.public:
        return None
    who = here.signed_in()
    if who is None:
        return _to_the_door()
    if rule.permission is not None:
        require(who, rule.permission)
    return None


def _identify() -> bool:
    """Find out who asks; True where a token says so."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and request.path.startswith(BY_TOKEN):
        _by_token(secret.strip())
        return True
    sid = sessions.secret()
    if sid is None:
        return False
    with here.reading() as session:
        found = signing_in.session_of(session, sid, here.now())
    if found is None:
        return False
    row, g.user = found
    g.actor = actor_for(found[1])
    if here.now() - row.seen_at >= signing_in.SEEN_EVERY:
        with here.writing() as session:
            signing_in.touch(session, row.id or 0, here.now())
    return False


def _by_token(secret: str) -> None:
    with here.reading() as session:
        found = tokens.token_of(session, secret, here.now())
    if found is None:
        raise Unauthorized("this token is wrong, revoked or too old: make a new one")
    row, g.actor = found
    g.token_id = row.id
    if row.last_used_at is None or here.now() - row.last_used_at >= tokens.USED_EVERY:
        with here.writing() as session:
            tokens.note_use(session, row.id or 0, here.now())


def _to_the_door() -> Response:
    if request.path.startswith(BY_TOKEN):
        raise Unauthorized("sign in, or send a token: Authorization: Bearer brg_...")
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=wanted), 303)
