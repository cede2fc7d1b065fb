"""The editor of a remedy plan."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from bridge.service.access import Permission
from bridge.web.guard import needs

pages = Blueprint("remedy", __name__)


@pages.get("/issues/<ref>/remedy")
@needs(Permission.EDIT_REMEDY)
def edit(ref: str) -> str | Response:
    return redirect(url_for("issue.show", ref=ref))
