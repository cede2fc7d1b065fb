"""How numbers, money and times are written: one place, so that a figure reads the same on every page."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from flask import Flask
from markupsafe import Markup, escape

from bridge.analysis.amounts import change, money
from bridge.web import here

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUS, _DASH = "−", "–"
_HALF, _K, _M = 0.5, 1_000, 1_000_000


def exact(amount: float) -> str:
    """Whole, in groups of three: 83,356."""
    return f"{round(amount):,}".replace("-", _MINUS)


def data(amount: float | None, currency: str = "EUR", unit: str = "per year") -> Markup:
    """The short figure with the exact one behind it."""
    if amount is None:
        return Markup("not known")
    title = f"{currency} {exact(amount)} {unit}".strip()
    return Markup(f'<data value="{round(amount)}" title="{escape(title)}">{money(amount)}</data>')  # noqa: S704 - ours


def span(low: float, high: float) -> str:
    """A range, both ends in one unit: 0–254k."""
    top = abs(high)
    scale, unit = (_M, "m") if top >= _M else (_K, "k") if top >= _K else (1, "")
    places = 0 if top / scale >= 10 or scale == 1 else 1  # noqa: PLR2004 - two figures are enough
    shown = ["0" if abs(end) / scale < _HALF * 10**-places else f"{end / scale:.{places}f}" for end in (low, high)]
    return f"{shown[0]}{_DASH}{shown[1]}{unit}"


def share(part: float | None, n: int = 0) -> str:
    """A part of one as percent: whole, one decimal only from n above 100."""
    if part is None:
        return "not judged"
    places = 1 if n > 100 else 0  # noqa: PLR2004 - DESIGN.md section 4
    return f"{part * 100:.{places}f} %"


def day(when: date | datetime | None, *, at: datetime | None = None) -> str:
    """23 Nov 2026; the year is left out in the same year."""
    if when is None:
        return ""
    year = (at or here.now()).year
    text = f"{when.day} {MONTHS[when.month - 1]}"
    return text if when.year == year else f"{text} {when.year}"


def ago(when: datetime | None, *, at: datetime | None = None) -> str:
    """2 min, 3 h, 12 d; a date after 30 days."""
    if when is None:
        return "never"
    passed = (at or here.now()) - when
    if passed < timedelta(minutes=1):
        return "now"
    minutes = math.floor(passed.total_seconds() / 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d" if passed <= timedelta(days=30) else day(when, at=at)


def ago_tag(when: datetime | None, after: str = "ago") -> Markup:
    """The time passed, with the exact instant in the title."""
    if when is None:
        return Markup("never")
    text = ago(when)
    recent = timedelta(minutes=1) <= here.now() - when <= timedelta(days=30)
    tail = f" {after}" if after and recent else ""
    return Markup(f'<time datetime="{iso(when)}" title="{utc(when)}">{text}{escape(tail)}</time>')  # noqa: S704 - ours


def iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


def utc(when: datetime | None) -> str:
    """The exact instant: 23 Nov 2026 06:00 UTC."""
    if when is None:
        return ""
    when = when.astimezone(UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year} {when:%H:%M} UTC"


def words(name: str) -> str:
    """A word of ours for people: in_progress -> In progress."""
    text = name.replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def plural(count: int, one: str, many: str | None = None) -> Markup:
    """1 ticket, 2 tickets, 1,204 tickets."""
    return escape(f"{count:,} {one if count == 1 else many or one + 's'}")


def install(app: Flask) -> None:
    for function in (money, exact, data, change, share, day, ago, ago_tag, utc, iso, words, plural):
        app.add_template_filter(function)
    app.add_template_global(span, "span_of")
