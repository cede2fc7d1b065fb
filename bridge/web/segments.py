"""/segments: what each one holds, and the form that changes their rules.

Rule: the draft lives in the form alone; nothing is kept before a preview of that very draft was shown.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bridge.analysis.segment_drafts import MOST, Draft
from bridge.analysis.segment_rules import CONDITIONS
from bridge.service import accounts, segment_preview, segment_rules
from bridge.service.access import Permission
from bridge.service.segment_preview import Preview
from bridge.service.segment_rules import RulesRefused
from bridge.web import here
from bridge.web.guard import needs
from bridge.words import ExpectationTier

pages = APIBlueprint("segments", __name__, enable_openapi=False)
_LONGEST = 500


@pages.get("/segments")
@needs(Permission.READ_VALUE)
def listing() -> str:
    with here.reading() as session:
        rows, currency = accounts.segments(session, here.actor(), at=here.now())
        rules = segment_rules.rules(session, here.actor())
    return render_template("segments.html", rows=rows, currency=currency, rules=rules)


@pages.get("/segments/edit")
@needs(Permission.EDIT_VALUES)
def edit() -> str:
    with here.reading() as session:
        rules = segment_rules.rules(session, here.actor())
    return _form([_raw(draft) for draft in rules.drafts], rules.mark)


@pages.post("/segments/edit")
@needs(Permission.EDIT_VALUES)
def change() -> str | Response:
    """One button of the form: move, delete or add a rule in the draft, look what it would do, or keep it."""
    raws, mark = _read(), request.form.get("mark", "")
    what, _, place = request.form.get("do", "preview").partition(":")
    if what in ("up", "down", "delete", "add"):
        return _form(_rearranged(raws, what, int(place) if place.isdecimal() else 0), mark)
    try:
        if what == "save" and request.form.get("seen") == _digest(raws):
            return _save(raws, mark)
        with here.reading() as session:
            found = segment_preview.preview(session, here.actor(), raws, at=here.now())
    except RulesRefused as error:
        return _form(raws, mark, refused=error)
    return _form(raws, mark, found, changed=what == "save")


@pages.post("/segments/undo")
@needs(Permission.EDIT_VALUES)
def undo() -> Response:
    event = request.form.get("event", 0, type=int)
    with here.writing() as session:
        segment_rules.undo(session, here.actor(), min(event, 2**31 - 1), at=here.now())
    flash("Taken back: the segments are as before, and so is the ranking.", "ok")
    return redirect(url_for(".listing"), 303)


def _save(raws: list[dict[str, Any]], mark: str) -> Response:
    with here.writing() as session:
        segment_rules.save(session, here.actor(), raws, mark, request.form.get("reason", "")[:_LONGEST], at=here.now())
    flash("The segments are changed, and the issues are ranked by them.", "ok")
    return redirect(url_for(".listing"), 303)


def _form(
    raws: list[dict[str, Any]],
    mark: str,
    found: Preview | None = None,
    *,
    refused: RulesRefused | None = None,
    changed: bool = False,
) -> str:
    """``changed``: somebody wanted to keep a draft that is not the one that they saw the preview of."""
    wrong: dict[tuple[int, str], str] = {}
    for fault in refused.faults if refused else ():
        wrong.setdefault((fault.place, fault.field), fault.words)
    with here.reading() as session:
        currency = accounts.currency_of(session)
    return render_template(
        "segments_edit.html",
        raws=raws,
        mark=mark,
        preview=found,
        seen=_digest(raws) if found else "",
        changed=changed,
        wrong=wrong,
        conditions=CONDITIONS,
        tiers=list(ExpectationTier),
        currency=currency,
        reason=request.form.get("reason", "")[:_LONGEST],
    )


def _raw(draft: Draft) -> dict[str, Any]:
    """As the form sends it back: amounts as text, lists of own words as one text."""
    raw: dict[str, Any] = {
        "id": draft.id,
        "name": draft.name,
        "value_default": _text(draft.value_default),
        "expectation_tier": draft.expectation_tier,
        "named_only": bool(draft.rule.get("named_only")),
    }
    for key, condition in CONDITIONS.items():
        held = draft.rule.get(key)
        if condition.is_amount:
            raw[key] = "" if held is None else _text(held)
        else:
            raw[key] = ", ".join(held or ()) if condition.free else list(held or ())
    return raw


def _text(amount: float) -> str:
    return f"{amount:.0f}" if float(amount).is_integer() else repr(float(amount))


def _read() -> list[dict[str, Any]]:
    get, several = request.form.get, request.form.getlist
    raws = []
    for n in range(min(get("rules", 0, type=int), MOST + 1)):
        id_ = get(f"id-{n}", "")
        raw: dict[str, Any] = {
            "id": int(id_) if id_.isdecimal() and len(id_) < 10 else None,  # noqa: PLR2004
            "named_only": get(f"named_only-{n}") == "1",
        }
        for name in ("name", "value_default", "expectation_tier"):
            raw[name] = get(f"{name}-{n}", "").strip()[:_LONGEST]
        for key, condition in CONDITIONS.items():
            field = f"{key}-{n}"
            raw[key] = several(field)[:_LONGEST] if condition.words else get(field, "").strip()[:_LONGEST]
        raws.append(raw)
    return raws


def _rearranged(raws: list[dict[str, Any]], what: str, place: int) -> list[dict[str, Any]]:
    """The last one takes all others: it neither moves nor goes, and a new one comes before it."""
    if what == "add":
        new = {**_raw(Draft(None, "", {}, 0.0, ExpectationTier.STANDARD.value)), "value_default": ""}
        return [*raws[:-1], new, *raws[-1:]]
    if not 0 <= place < len(raws) - 1:
        return raws
    if what == "delete":
        return raws[:place] + raws[place + 1 :]
    other = place + (1 if what == "down" else -1)
    if 0 <= other < len(raws) - 1:
        raws[place], raws[other] = raws[other], raws[place]
    return raws


def _digest(raws: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(raws, sort_keys=True).encode()).hexdigest()[:16]
