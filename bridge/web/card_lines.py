"""The card's facts as lines that people read: pages and command line use the same.

Rule: a line says what is known and since when; it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Flask
from markupsafe import Markup, escape

from bridge.analysis.remedy_trust import Doubt, Light
from bridge.analysis.versions import Fits
from bridge.service.card_view import Card, Lamp, Said, Say, Why, Workaround
from bridge.service.lookup import Hit
from bridge.service.matching import folded
from bridge.web.filters import ago
from bridge.words import Zone

LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "nl": "Dutch",
    "it": "Italian",
    "pt": "Portuguese",
    "pl": "Polish",
    "da": "Danish",
    "sv": "Swedish",
    "cs": "Czech",
    "fi": "Finnish",
    "no": "Norwegian",
}
FITS = {
    Fits.YES: "fits this customer’s version",
    Fits.NO: "not for this customer’s version",
    Fits.UNKNOWN: "fit with their version not known",
}
ZONES = {
    Zone.AUTOMATIC: "grouped by the model",
    Zone.CONFIRMED: "confirmed by a person",
    Zone.REVIEW: "the model is not sure",
    Zone.NEW: "alone so far",
}
NO_WORKAROUND = "None known. Tell us if you find one."
_WORD = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")


def since(when: datetime, at: datetime) -> str:
    """2 h ago, just now, on 3 Mar."""
    text = ago(when, at=at)
    if text == "now":
        return "just now"
    return f"{text} ago" if at - when <= timedelta(days=30) else f"on {text}"


def light_line(lamp: Lamp, at: datetime, suggestions: int = 0, doubt: Sequence[str] = ()) -> str:
    """Under the state's word: who confirmed it when, or why nobody did. ``doubt``: issues that it may belong to."""
    if lamp.reports_since:
        released = f"was released in {lamp.released_in}" if lamp.released_in else "was released"
        return f"{released}; {lamp.reports_since} report{'s' if lamp.reports_since > 1 else ''} since"
    if Doubt.WITHDRAWN in lamp.doubts:
        return "withdrawn: what was said before does not hold"
    if lamp.confirmed_at is not None and lamp.confirmed_by is not None:
        last = "last confirmed" if lamp.light is not Light.GREEN else "confirmed"
        return f"{last} {since(lamp.confirmed_at, at)} by {lamp.confirmed_by}"
    if Doubt.UNAPPROVED in lamp.doubts:
        return "a suggestion; nobody has approved it"
    if lamp.word == "No issue yet" and lamp.since is not None:
        if doubt:
            return f"written {since(lamp.since, at)}; not sure: {' or '.join(doubt)}?"
        alike = f"; {suggestions} may be alike" if suggestions else "; nothing like it yet"
        return f"written {since(lamp.since, at)}{alike}"
    return f"not looked at yet; first seen {since(lamp.since, at)}" if lamp.since else "not looked at yet"


def say_line(say: Say) -> str:
    """In which language, and that it is meant for a public reply."""
    if say.language is None:
        return "public reply"
    spoken = LANGUAGES.get(say.language, say.language)
    if say.other_language is None:
        return f"{spoken}, public reply"
    return f"{spoken}; the ticket is in {LANGUAGES.get(say.other_language, say.other_language)}"


def workaround_text(workaround: Workaround) -> str:
    return workaround.text or NO_WORKAROUND


def fits_line(workaround: Workaround) -> str:
    return FITS[workaround.fits] if workaround.fits is not None else ""


def why_line(why: Why) -> str:
    """Behind the issue's title: what it was called, what matched, who said so, how many are alike."""
    parts = [f"where “{why.merged_from}” is now tracked"] if why.merged_from else []
    parts += [f"matched on {', '.join(why.words)}"] if why.words else []
    by = ZONES.get(why.zone, "") if why.zone else ""
    alike = f"{why.alike} ticket{'s' if why.alike != 1 else ''} alike" if why.alike else ""
    return "; ".join(part for part in (", ".join(parts), by, alike) if part)


def notices(card: Card, at: datetime) -> list[str]:
    """What else is wrong, gravest first."""
    found = []
    if card.conflict:
        said = card.conflict.replace("_", " ")
        found.append(f"{said[:1].upper()}{said[1:]}.")
    if Doubt.OVERDUE in card.lamp.doubts:
        found.append("The date that was named has passed: do not name it.")
    if Doubt.NO_OWNER in card.lamp.doubts:
        found.append("Nobody owns this plan.")
    if card.read_at is not None:
        found.append(f"Tickets were last read {since(card.read_at, at)}.")
    return found


def said_line(said: Sequence[Said], at: datetime) -> str:
    """You asked R. Diaz 2 h ago."""
    return "; ".join(_said(one, at) for one in said)


def _said(said: Said, at: datetime) -> str:
    when = since(said.at, at)
    if said.act == "ask_owner":
        return f"You asked {said.whom} {when}" if said.whom else f"You asked for a plan {when}"
    words = {"used": "You used it", "still_affected": "Still affected", "fix_confirmed": "Fix confirmed"}
    return f"{words[said.act]} {when}"


def hit_line(hit: Hit, at: datetime) -> str:
    """Under a result's words: when it comes, and the way around."""
    fix = f"{hit.fix}."
    if hit.light is Light.AMBER and hit.confirmed_at is not None:
        fix = f"{hit.fix}. Last confirmed {since(hit.confirmed_at, at)}: no dates."
    elif hit.light is Light.GREY:
        fix = f"{hit.fix}. Safe sentence only."
    elif hit.light is Light.RED:
        fix = f"{hit.fix}. Do not say “fixed”."
    return f"{fix} Workaround: {hit.workaround.text}" if hit.workaround.text else fix


def hit_why(hit: Hit, at: datetime) -> str:
    matched = f"matched on {', '.join(hit.words)}" if hit.words else "alike in meaning"
    by = f"; confirmed {since(hit.confirmed_at, at)} by {hit.confirmed_by}" if hit.confirmed_at else ""
    return matched + by


def marked(title: str, words: Sequence[str]) -> Markup:
    """The title with the matched words marked."""
    wanted, pieces, done = {folded(word) for word in words}, [], 0
    for match in _WORD.finditer(title):
        if folded(match.group()) in wanted:
            pieces += [escape(title[done : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
            done = match.end()
    return Markup("").join([*pieces, escape(title[done:])])


def install(app: Flask) -> None:
    lines = (light_line, say_line, workaround_text, fits_line, why_line, notices, said_line, hit_line, hit_why, marked)
    for line in lines:
        app.add_template_filter(line)
