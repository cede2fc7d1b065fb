"""Puts the service together: one Flask application from one Bridge."""

from __future__ import annotations

from apiflask import APIFlask
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from bridge.bootstrap import Bridge
from bridge.web import (
    accounts,
    agent,
    api,
    audit,
    auth,
    card_lines,
    connections,
    erase,
    errors,
    estimates,
    filters,
    grouping,
    grouping_log,
    guard,
    headers,
    health,
    importing,
    issue,
    issue_lines,
    issues,
    locking,
    merging,
    monday,
    notices,
    oidc,
    outbox,
    people,
    publishing,
    questions,
    remedy,
    request_log,
    review,
    scoring,
    segments,
    sessions,
    shell,
    sticky,
    timing,
    tokens,
    webhooks,
    why,
)
from bridge.web.measuring import HttpMeasures

MOST_BYTES = 5 * 1024 * 1024
"""No form and no webhook is larger."""

PAGES = (
    auth.pages,
    oidc.pages,
    agent.pages,
    accounts.pages,
    segments.pages,
    importing.pages,
    scoring.pages,
    issues.pages,
    issue.pages,
    locking.pages,
    estimates.pages,
    monday.pages,
    sticky.pages,
    grouping_log.pages,
    merging.pages,
    why.pages,
    questions.pages,
    grouping.pages,
    review.pages,
    remedy.pages,
    connections.pages,
    outbox.pages,
    publishing.pages,
    people.pages,
    tokens.pages,
    notices.pages,
    audit.pages,
    erase.pages,
    health.pages,
    webhooks.pages,
)


def create_app(bridge: Bridge) -> APIFlask:
    """The service of one installation. Opens no connection: a server may make one in each of its processes."""
    app = APIFlask("bridge.web", title="Issue Bridge", version="1", docs_path=None, spec_path="/api/openapi.json")
    app.extensions["bridge"] = bridge
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        BOOTSTRAP_SERVE_LOCAL=True,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_REGISTER=True,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["measures"] = HttpMeasures()
    request_log.install(app, app.extensions["measures"])
    sessions.install(app, bridge)
    Bootstrap5(app)
    Compress(app)
    filters.install(app)
    card_lines.install(app)
    issue_lines.install(app)
    errors.install(app)
    guard.install(app)
    headers.install(app, https=bridge.settings.web.is_https)
    shell.install(app)
    oidc.install(app, bridge)
    for pages in PAGES:
        app.register_blueprint(pages)
    api.install(app)
    if proxies := bridge.settings.web.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    timing.install(app, bridge.db.engine)
    return app
