"""/api/docs: the description to browse, with Swagger UI from its package. Nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from apiflask import APIBlueprint
from flask import render_template, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bridge.web.guard import public
from bridge.web.headers import POLICY

FILES = Path(flask_swagger_ui.__file__).parent / "dist"
NAMES = ("swagger-ui-bundle.js", "swagger-ui.css")
RELAXED = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Swagger UI writes style attributes into its page. This page holds no data and no form of ours."""

pages = APIBlueprint("api_docs", __name__, url_prefix="/api/docs", enable_openapi=False)


@pages.get("")
@public
def browse() -> Response:
    page = Response(render_template("api_docs.html"), mimetype="text/html")
    page.headers["Content-Security-Policy"] = RELAXED
    return page


@pages.get("/<name>", endpoint="static")
@public
def file(name: str) -> Response:
    if name not in NAMES:
        raise NotFound("the documentation has no such file")
    return send_from_directory(FILES, name)
