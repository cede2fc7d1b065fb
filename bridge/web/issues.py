"""The list of issues: the ranked table, its views, what is decided about several at once, and the same as CSV."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from apiflask import APIBlueprint
from defusedcsv import csv
from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.service import issue_bulk, issues, saved_views
from bridge.service.access import Permission
from bridge.service.errors import ServiceError
from bridge.service.issue_filters import Filters, parse
from bridge.service.issue_money import Sight, sight_of
from bridge.service.issue_rows import Row
from bridge.web import here, issue_lines, issue_words
from bridge.web.guard import needs
from bridge.words import parse_cluster_id

pages = APIBlueprint("issues", __name__, enable_openapi=False)


@pages.get("/issues")
@needs(Permission.READ_CLUSTERS)
def listing() -> str:
    asked = _filters()
    with here.reading() as session:
        found = issues.board(session, here.actor(), asked, _page(), at=here.now())
    drawn = issue_lines.lines(found, decides=here.may(Permission.DECIDE_CLUSTERS))
    return render_template(
        "issues.html", found=found, words=issue_words, lines=drawn, page_url=_page_url, numbers=page_numbers
    )


@pages.get("/issues.csv")
@needs(Permission.READ_CLUSTERS)
def export() -> Response:
    with here.reading() as session:
        found = issues.everything(session, here.actor(), _filters(), at=here.now())
    out = io.StringIO()
    writer = csv.writer(out)
    columns = _columns(found.sight, found.currency)
    writer.writerow([name for name, _ in columns])
    writer.writerows([_cell(read(row)) for _, read in columns] for row in found.rows)
    answer = Response(out.getvalue(), mimetype="text/csv")
    name = f"issues-{here.now():%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
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
    """Of the address; a form is sent to that of the page it stands on."""
    return parse(dict(request.args.lists()), sees_money=sight_of(here.actor()) is Sight.ALL)


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


def _columns(sight: Sight, currency: str) -> list[tuple[str, Any]]:
    """Name and how to read it; a column that the reader may not see does not exist."""
    money: list[tuple[str, Any]] = []
    if sight is Sight.ALL:
        money = [
            (f"{currency} per year", lambda r: r.money.amount),
            ("low", lambda r: r.money.low),
            ("high", lambda r: r.money.high),
            ("change", lambda r: r.money.change),
            ("known share", lambda r: r.money.known_share),
            ("without largest", lambda r: r.money.without_largest),
            ("largest account", lambda r: r.largest.name if r.largest else None),
            ("largest share", lambda r: r.largest.share if r.largest else None),
        ]
    elif sight is Sight.SUMS:
        money = [(f"{currency} per year", lambda r: r.money.band if r.money.amount is None else r.money.amount)]
    return [
        ("issue", lambda r: r.ref),
        ("rank", lambda r: r.rank),
        ("places up", lambda r: r.up),
        ("title", lambda r: r.title),
        *money,
        ("segments", lambda r: [part.name for part in r.segments]),
        ("accounts", lambda r: r.accounts),
        ("new accounts", lambda r: r.new_accounts),
        ("tickets", lambda r: r.tickets),
        ("open tickets", lambda r: r.open_tickets),
        ("severity", lambda r: r.severity),
        ("workaround", lambda r: r.workaround),
        ("doubts", lambda r: r.badges),
        ("remedy", lambda r: r.trust.state.value),
        ("agents may", lambda r: r.trust.permission),
        ("confirmed", lambda r: r.trust.confirmed_at.isoformat() if r.trust.confirmed_at else None),
        ("needs", lambda r: r.needs),
        ("tracker", lambda r: [t.key or "on its way" for t in r.tracked]),
        ("first ticket", _day("first_at")),
        ("last signal", _day("last_at")),
    ]


def _day(name: str) -> Any:
    def read(row: Row) -> str | None:
        at = getattr(row, name)
        return at.date().isoformat() if at else None

    return read


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, str):
        return " ".join(value.split())
    return round(value, 2) if isinstance(value, float) else value


def page_numbers(page: int, pages_: int) -> Iterator[int]:
    """First, last and those around the present one."""
    return iter(sorted({1, pages_, *range(max(1, page - 1), min(pages_, page + 1) + 1)}))
