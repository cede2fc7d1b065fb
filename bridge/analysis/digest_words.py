"""What the weekly digest says: the Top 10, what moved and why, the week's alerts, what waits for a decision.

Rule: it tells what the list of issues would tell the same reader, in the same words. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bridge.analysis.alert_words import HONEST, WORDS, Names, Told, sentence, worth_of
from bridge.analysis.amounts import change, money
from bridge.analysis.card_text import short_day
from bridge.analysis.letter import Letter, Line, Section
from bridge.analysis.remedy_text import STATE_WORDS
from bridge.analysis.review import CAUSES, NEGLIGIBLE
from bridge.analysis.sight import SUM_OF, Sight
from bridge.words import RemedyState, display_id


def digest_letter(facts: Mapping[str, Any], told: Sequence[Told], names: Names, sight: Sight, day: date) -> Letter:
    """``facts`` as ``facts_of`` of the digest step made them; ``told``: the alerts that this reader wants."""
    top = facts["top"]
    sections = [
        Section("Top 10 by value at risk", tuple(_place(row, names, sight) for row in top)),
        Section(_since(facts, day), _changes(facts, names, sight)),
        Section("Alerts since the last digest", _alerts(told, names, sight)),
        Section("Waiting for a decision", _open(facts, names)),
    ]
    lead = f"{len(top)} {'issue leads' if len(top) == 1 else 'issues lead'} the list of {facts['issues']}."
    if whole := _portfolio(facts, names, sight):
        lead = f"{lead} {whole}"
    foot = (HONEST,) if sight is not Sight.NONE else ()
    url = f"{names.address}/issues"
    return Letter(f"Issues of the week, {short_day(day, day)}", lead, tuple(s for s in sections if s.lines), foot, url)


def _place(row: Mapping[str, Any], names: Names, sight: Sight) -> Line:
    new = f", {row['new']} new in 28 days" if row["new"] else ""
    facts = [f"{row['accounts']} {'account' if row['accounts'] == 1 else 'accounts'}{new}"]
    if worth := worth_of(row["score"], row["accounts"], names.currency, sight):
        facts.insert(0, worth)
    facts += [*row["badges"], STATE_WORDS[RemedyState(row["state"])]]
    return Line(names.title(row["issue"]), ("; ".join(facts),), names.url(row["issue"]), f"{row['rank']}.")


def _since(facts: Mapping[str, Any], day: date) -> str:
    since = facts.get("since")
    if not since:
        return "What changed"
    return f"What changed since {short_day(datetime.fromisoformat(since).date(), day)}"


def _changes(facts: Mapping[str, Any], names: Names, sight: Sight) -> tuple[Line, ...]:
    seen: set[int] = set()
    lines = []
    for kind, words in (
        ("entered", "entered the Top 10"),
        ("left", "left the Top 10"),
        ("rise", "rose"),
        ("fall", "fell"),
    ):
        for issue, amount, cause in facts["moves"].get(kind, ()):
            if issue not in seen:
                seen.add(issue)
                lines.append(_change(issue, words, amount, cause, names, sight))
    return tuple(lines)


def _change(issue: int, words: str, amount: float, cause: str | None, names: Names, sight: Sight) -> Line:
    by = f"{names.currency} {change(amount)}/yr" if sight is Sight.ALL and abs(amount) >= NEGLIGIBLE else ""
    why = CAUSES[cause][amount < 0] if cause in CAUSES else ""
    said = "; ".join(part for part in (words, by, why) if part)
    return Line(names.title(issue), (said,), names.url(issue), display_id(issue))


def _alerts(told: Sequence[Told], names: Names, sight: Sight) -> tuple[Line, ...]:
    return tuple(
        Line(
            names.title(one.issue),
            (f"{WORDS[one.kind][0]}. {sentence(one, names, sight)}",),
            names.url(one.issue),
            display_id(one.issue),
        )
        for one in told
    )


def _open(facts: Mapping[str, Any], names: Names) -> tuple[Line, ...]:
    lines = []
    if unplanned := facts["unplanned"]:
        listed = ", ".join(display_id(issue) for issue in unplanned)
        lines.append(
            Line(f"{len(unplanned)} of the Top 10 without an approved plan", (listed,), f"{names.address}/issues")
        )
    if waiting := facts["to_review"]:
        said = "ticket waits" if waiting == 1 else "tickets wait"
        lines.append(Line(f"{waiting} {said} for an answer about their issue", (), f"{names.address}/review"))
    return tuple(lines)


def _portfolio(facts: Mapping[str, Any], names: Names, sight: Sight) -> str:
    whole = facts.get("portfolio")
    if not whole or sight is Sight.NONE or (sight is Sight.SUMS and whole["accounts"] < SUM_OF):
        return ""
    return (
        f"All issues together put {names.currency} {money(whole['amount'])}/yr at risk, an account that several hurt "
        f"counted once; {round(100 * facts['known_share'])} % of it rests on known values."
    )
