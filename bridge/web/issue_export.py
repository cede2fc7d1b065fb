"""The filtered list as a file: a table for spreadsheets, or JSON as the API answers it.

Rule: no cell is a formula, whatever a customer wrote; a column that the reader may not see does not exist.
"""

from __future__ import annotations

import io
from typing import Any

from defusedcsv import csv

from bridge.service.issue_money import Sight
from bridge.service.issue_rows import Row
from bridge.service.issues import IssueList
from bridge.service.sticky import Held
from bridge.web.api.schemas.issues import IssuesOut, IssuesPlain, IssuesSums, RowOut, RowPlain, RowSums


def as_csv(found: IssueList) -> str:
    out = io.StringIO()
    columns = _columns(found.sight, found.currency)
    writer = csv.writer(out)
    writer.writerow([name for name, _ in columns])
    writer.writerows([cell(read(row)) for _, read in columns] for row in found.rows)
    return out.getvalue()


def as_json(found: IssueList) -> str:
    as_of = found.basis.as_of if found.basis else None
    head: dict[str, Any] = {"total": found.total, "currency": found.currency, "as_of": as_of, "next": None}
    if found.sight is Sight.ALL:
        return IssuesOut(items=[RowOut.of(row) for row in found.rows], **head).model_dump_json(indent=1)
    if found.sight is Sight.SUMS:
        return IssuesSums(items=[RowSums.of(row) for row in found.rows], **head).model_dump_json(indent=1)
    return IssuesPlain(items=[RowPlain.of(row) for row in found.rows], **head).model_dump_json(indent=1)


def held_text(held: Held) -> str:
    """Pin until 2026-12-20"""
    word = f"severity {held.severity}" if held.severity else held.kind.value
    return f"{word} until {held.until.isoformat()}" if held.until else word


def cell(value: Any) -> Any:
    """One line of plain text; what is left to do against formulas, the writer does."""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, str):
        return " ".join(value.split())
    return round(value, 2) if isinstance(value, float) else value


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
        ("place", lambda r: r.place or r.rank),
        ("places up", lambda r: r.up),
        ("in the Top 10", lambda r: "yes" if r.in_top else "no"),
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
        ("area", lambda r: r.area),
        ("type", lambda r: r.type),
        ("suppliers", lambda r: r.suppliers),
        ("held", lambda r: [held_text(one) for one in r.held if one.acts]),
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
