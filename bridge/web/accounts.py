"""/accounts: where value attaches, how sure it is, and what hurts whom."""

from __future__ import annotations

from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.analysis.requesters import Verdict
from bridge.service import account_values, strangers
from bridge.service import accounts as service
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.web import here
from bridge.web.guard import needs

pages = APIBlueprint("accounts", __name__, enable_openapi=False)


@pages.get("/accounts")
@needs(Permission.READ_VALUE)
def listing() -> str:
    filters = _filters()
    with here.reading() as session:
        page = service.accounts(session, here.actor(), filters, at=here.now())
    return render_template("accounts.html", page=page, filters=filters, sorts=service.SORTS, link=_link)


@pages.get("/accounts/<int:account_id>")
@needs(Permission.READ_VALUE)
def one(account_id: int) -> str:
    with here.reading() as session:
        account = service.account(session, here.actor(), account_id, at=here.now())
    return render_template("account.html", account=account, editable=account_values.EDITABLE)


@pages.post("/accounts/<int:account_id>/value")
@needs(Permission.EDIT_VALUES)
def set_value(account_id: int) -> Response:
    get = request.form.get
    with here.writing() as session:
        account_values.set_value(
            session, here.actor(), account_id, get("field", ""), get("value", ""), get("reason", ""), at=here.now()
        )
    flash("The value is changed, and the issues are ranked by it.", "ok")
    return redirect(url_for(".one", account_id=account_id), 303)


@pages.post("/accounts/<int:account_id>/uplift")
@needs(Permission.EDIT_VALUES)
def set_uplift(account_id: int) -> Response:
    get = request.form.get
    with here.writing() as session:
        account_values.set_uplift(
            session, here.actor(), account_id, get("amount", ""), get("reason", ""), get("until", ""), at=here.now()
        )
    flash("The uplift is changed, and the issues are ranked by it.", "ok")
    return redirect(url_for(".one", account_id=account_id), 303)


@pages.get("/accounts/unidentified")
@needs(Permission.READ_VALUE)
def unidentified() -> str:
    with here.reading() as session:
        page = strangers.unidentified(session, here.actor(), at=here.now(), page=request.args.get("page", 1, type=int))
    return render_template("unidentified.html", page=page)


@pages.post("/accounts/unidentified")
@needs(Permission.EDIT_VALUES)
def resolve() -> Response:
    get = request.form.get
    verdict = get("verdict", "")
    if verdict not in set(Verdict):
        raise ServiceError(f"there is no answer {verdict[:20]!r}: choose {', '.join(Verdict)}")
    with here.writing() as session:
        strangers.resolve(session, here.actor(), get("key", ""), Verdict(verdict), get("account", ""), at=here.now())
    flash("Noted, and the issues are ranked by it. It can be taken back below.", "ok")
    return redirect(url_for(".unidentified"), 303)


@pages.post("/accounts/unidentified/undo")
@needs(Permission.EDIT_VALUES)
def take_back() -> Response:
    get = request.form.get
    with here.writing() as session:
        strangers.take_back(session, here.actor(), get("kind", ""), get("value", ""), at=here.now())
    flash("Taken back, and the issues are ranked by it.", "ok")
    return redirect(url_for(".unidentified"), 303)


def _filters() -> service.Filters:
    get = request.args.get
    sort, only = get("sort", "value"), get("only", "")
    return service.Filters(
        find=get("find", "")[:100],
        segment=get("segment", ""),
        only=only if only in ("stale", "imputed") else "",
        sort=sort if sort in service.SORTS else "value",
        page=max(1, get("page", 1, type=int)),
    )


def _link(**changes: str | int) -> str:
    """This page with other filters; another filter begins at the first page."""
    kept = {name: value for name, value in request.args.items() if name != "page"}
    query = urlencode({name: value for name, value in {**kept, **changes}.items() if value})
    return f"/accounts?{query}" if query else "/accounts"
