"""/api/v1: every read and every decision of the pages as JSON, through the same functions of the service."""

from __future__ import annotations

from apiflask import APIFlask

from bridge.web.api import (
    accounts,
    audit,
    cards,
    clusters,
    connections,
    decisions,
    documentation,
    grouping,
    issues,
    monday,
    notices,
    outbox,
    people,
    publishing,
    remedies,
    review,
    scoring,
    segments,
    spec,
)
from bridge.web.api.blueprint import api

RESOURCES = (
    accounts,
    audit,
    cards,
    clusters,
    connections,
    decisions,
    grouping,
    issues,
    notices,
    monday,
    outbox,
    people,
    publishing,
    remedies,
    review,
    segments,
    scoring,
)
"""Importing them gives the blueprint its addresses."""


def install(app: APIFlask) -> None:
    app.register_blueprint(api)
    app.register_blueprint(documentation.pages)
    spec.install(app)
