"""For machines that watch: whether the process lives, whether its answers can be relied on, and figures over time."""

from __future__ import annotations

from ipaddress import ip_address

from apiflask import APIBlueprint
from flask import current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from bridge.service.access import Scope
from bridge.service.connection_facts import facts_of
from bridge.service.measures import measures
from bridge.service.readiness import readiness
from bridge.web import here
from bridge.web.guard import public
from bridge.web.measuring import HttpMeasures

pages = APIBlueprint("health", __name__, enable_openapi=False)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


@pages.get("/healthz")
@public
def alive() -> Response:
    return jsonify(status="ok")


@pages.get("/readyz")
@public
def ready() -> Response:
    """503 with the reasons when an answer would be wrong or old."""
    found = readiness(here.bridge().db, facts_of(here.bridge()), here.now())
    made = jsonify(status="ready" if found.ready else "not ready", problems=list(found.problems), **found.facts)
    made.status_code = 200 if found.ready else 503
    return made


@pages.get("/metrics")
@public
def metrics() -> Response:
    """For this machine itself, or a token with the scope metrics."""
    who = here.signed_in()
    by_token = who is not None and who.scopes is not None and Scope.METRICS in who.scopes
    if not by_token and not is_local():
        raise Unauthorized("figures are for this machine, or for a token with the scope metrics")
    counted: HttpMeasures = current_app.extensions["measures"]
    bridge = here.bridge()
    with here.reading() as session:
        found = measures(session, facts_of(bridge), here.now(), lease_s=bridge.settings.worker.lease_seconds)
    return Response(counted.page(found), content_type=CONTENT_TYPE_LATEST)


def is_local() -> bool:
    """Whether the other end is this machine. Behind a proxy, known or not, nobody is: it would speak for everybody."""
    if here.bridge().settings.web.proxies or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
