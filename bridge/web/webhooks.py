"""Webhooks in: 202 at once, the reading is the worker's. Rule: every refusal is the same 401."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import request
from werkzeug.wrappers import Response

from bridge.service import webhooks
from bridge.web import here
from bridge.web.guard import machine

pages = APIBlueprint("webhooks", __name__, enable_openapi=False)


@pages.post("/webhooks/<connection>")
@machine
def receive(connection: str) -> Response:
    """The raw body is verified, then forgotten."""
    body = request.get_data(cache=False)
    headers = {name.lower(): value for name, value in request.headers}
    basic = request.authorization.password if request.authorization else None
    found = here.bridge().connections.get(connection)
    hook = webhooks.sender(found, headers, body, password=basic, at=here.now())
    if hook is None:
        return Response("the sender of this webhook is not known here\n", 401, content_type="text/plain")
    with here.writing() as session:
        webhooks.accept(session, connection, hook, here.now())
    return Response(status=202)
