"""The list of issues: the ranked table, its views, what is decided about several at once, and the same as files."""

from __future__ import annotations

from collections.abc import Iterator

from apiflask import APIBlueprint
from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import issue_bulk, issues, saved_views
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.service.issue_filters import Filters, parse
from bridge.service.issue_money import Sight, sight_of
from bridge.web import here, issue_export, issue_lines, issue_words
from bridge.web.guard import needs
from bridge.words import parse_cluster_id

pages = APIBlueprint("issues", __name__, enable_openapi=False)


@pages.get("/issues")
@needs(Permission.READ_CLUSTERS)
def listing() -> str:
    asked = _filters()
    with here.reading() as session:
        found = issues.board(session, here.actor(), asked, _page(), at=here.now())
    decides = here.may(Permission.DECIDE_CLUSTERS) and found.past is None
    return render_template(
        "issues.html",
        found=found,
        decides=decides,
        words=issue_words,
        lines=issue_lines.lines(found, decides=decides, back=_page_url(asked, found.page)),
        page_url=_page_url,
        numbers=page_numbers,
    )


@pages.get("/issues.csv")
@needs(Permission.READ_CLUSTERS)
def export() -> Response:
    with here.reading() as session:
        found = issues.everything(session, here.actor(), _filters(), at=here.now())
    return _file(issue_export.as_csv(found), "csv", "text/csv")


@pages.get("/issues.json")
@needs(Permission.READ_CLUSTERS)
def export_json() -> Response:
    with here.reading() as session:
        found = issues.everything(session, here.actor(), _filters(), at=here.now())
    return _file(issue_export.as_json(found), "json", "application/json")


def _file(text: str, kind: str, mimetype: str) -> Response:
    day = _filters().as_of or f"{here.now():%Y-%m-%d}"
    answer = Response(text, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="issues-{day}.{kind}"'
    return answer


@pages.get("/issues/together")
@needs(Permission.READ_CLUSTERS)
def together() -> Response:
    """What the picked issues are worth together, for the bar under the list."""
    with here.reading() as session:
        found = issues.together(session, here.actor(), _ids()[: issue_bulk.MOST], at=here.now())
    return jsonify(html=render_template("_together.html", found=found))


@pages.post("/issues/views")
@needs(Permission.READ_CLUSTERS)
def views() -> Response:
    with here.writing() as session:
        if drop := request.form.get("drop"):
            name = saved_views.drop_view(session, here.actor(), int(drop) if drop.isdecimal() else 0)
            flash(f"View “{name}” is removed.", "ok")
            return redirect(url_for(".listing"), 303)
        view = saved_views.save_view(session, here.actor(), request.form.get("name", ""), _filters(), at=here.now())
        flash(f"View “{view.name}” is kept.", "ok")
        return redirect(_list_url(view.query), 303)


@pages.post("/issues/bulk")
@needs(Permission.DECIDE_CLUSTERS)
def bulk() -> Response:
    ids, act = issue_bulk.picked(_ids()), request.form.get("act")
    if act == "merge":
        if len(ids) == 1:
            raise ServiceError("one issue alone cannot be merged: tick two or more")
        return redirect(f"{url_for('.listing')}/merge?ids={','.join(map(str, ids))}", 303)
    with here.writing() as session:
        if act == "publish":
            count = issue_bulk.publish_many(session, here.actor(), ids, at=here.now())
            flash(f"{count} of {len(ids)} will go to the tracker with the next sync.", "ok")
        elif act == "owner":
            owner = request.form.get("owner", "")
            count = issue_bulk.assign_owner(session, here.actor(), ids, owner, at=here.now())
            flash(f"{owner} is the owner in a draft of {count} plans; approving it makes it count.", "ok")
        else:
            raise ServiceError("choose what to do with the selected issues: merge, publish or assign an owner")
    return redirect(_list_url(_filters().query), 303)


def _filters() -> Filters:
    """Of the address; a form is sent to that of the page it stands on. Today is now."""
    found = parse(dict(request.args.lists()), sees_money=sight_of(here.actor()) is Sight.ALL)
    return found.without("as_of", "") if found.day and found.day >= here.now().date() else found


def _page() -> int:
    asked = request.args.get("page", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 9 else 1  # noqa: PLR2004 - no list is that long


def _ids() -> list[int]:
    """``ids=12&ids=13`` of ticks, or ``ids=12,13``."""
    try:
        return [parse_cluster_id(part) for value in request.values.getlist("ids") for part in value.split(",")]
    except ValueError as error:
        raise ServiceError(str(error)) from None


def _list_url(query: str) -> str:
    return f"{url_for('.listing')}?{query}" if query else url_for(".listing")


def _page_url(f: Filters, page: int = 1) -> str:
    tail = [f.query, f"page={page}" if page > 1 else ""]
    return _list_url("&".join(part for part in tail if part))


def page_numbers(page: int, pages_: int) -> Iterator[int]:
    """First, last and those around the present one."""
    return iter(sorted({1, pages_, *range(max(1, page - 1), min(pages_, page + 1) + 1)}))
