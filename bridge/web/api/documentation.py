"""/api/docs: the description to browse, with Swagger UI from its package. Nothing is loaded from elsewhere.

It needs no exception from the policy of all pages: what styles it sets, it sets by script.
"""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from apiflask import APIBlueprint
from flask import render_template, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bridge.web.guard import public

FILES = Path(flask_swagger_ui.__file__).parent / "dist"
NAMES = ("swagger-ui-bundle.js", "swagger-ui.css")
pages = APIBlueprint("api_docs", __name__, url_prefix="/api/docs", enable_openapi=False)


@pages.get("")
@public
def browse() -> str:
    return render_template("api_docs.html")


@pages.get("/<name>", endpoint="static")
@public
def file(name: str) -> Response:
    if name not in NAMES:
        raise NotFound("the documentation has no such file")
    return send_from_directory(FILES, name)
