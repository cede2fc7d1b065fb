"""What the words of the list's address are called on the page, and what a row says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.service.issue_entries import Need
from bridge.service.issue_filters import BADGES, BY_MONEY, Filters, Sort
from bridge.service.issue_money import Sight
from bridge.service.issue_rows import Row
from bridge.service.issues import IssueList
from bridge.service.sticky import Held
from bridge.web import filters as written
from bridge.words import Hold, RemedyState, Severity, WorkaroundKind

NEEDS = {
    "any": "any decision",
    Need.UNREVIEWED: "not reviewed",
    Need.STALE: "stale",
    Need.OVERDUE: "ETA passed",
    Need.CONFLICT: "tracker conflict",
    Need.REGRESSION: "regression",
}
HELD = {"any": "anything", Hold.PIN: "pinned", Hold.MUTE: "muted", Hold.SEVERITY: "severity"}
NEXT = {
    Need.REGRESSION: "Confirm regression",
    Need.CONFLICT: "Settle with the tracker",
    Need.OVERDUE: "Set a new ETA",
    Need.STALE: "Confirm the plan",
    Need.UNREVIEWED: "Review the plan",
}
SORTS = {
    Sort.RANK: "Rank",
    Sort.RISE: "Largest rise",
    Sort.FALL: "Largest fall",
    Sort.ROBUST: "Without the largest account",
    Sort.NEW: "New accounts",
    Sort.ACCOUNTS: "Accounts",
    Sort.TICKETS: "Tickets",
    Sort.RECENT: "Last heard of",
}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A filter of several values."""

    name: str
    title: str
    choices: tuple[Choice, ...]

    @property
    def count(self) -> int:
        return sum(choice.is_on for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on; ``query`` is the address without it."""

    text: str
    query: str


def groups(found: IssueList) -> tuple[Group, ...]:
    f = found.filters
    offered: tuple[tuple[str, str, dict[str, str], tuple[str, ...]], ...] = (
        ("state", "State", {s: written.words(s) for s in RemedyState}, f.state),
        ("need", "Needs", dict(NEEDS), f.need),
        ("segment", "Segment", {name: written.words(name) for name in found.segments}, f.segment),
        ("area", "Area", _said(found, "area", f.area), f.area),
        ("type", "Type", _said(found, "type", f.type), f.type),
        ("supplier", "Supplier", _said(found, "suppliers", f.supplier), f.supplier),
        ("held", "By hand", dict(HELD), f.held),
        ("severity", "Severity", {s: s.value for s in Severity}, f.severity),
        ("workaround", "Workaround", {kind: kind.value for kind in WorkaroundKind}, f.workaround),
        ("badge", "Doubt", {badge: badge for badge in BADGES}, f.badge),
    )
    return tuple(
        Group(name, title, tuple(Choice(value, text, value in on) for value, text in words.items()))
        for name, title, words, on in offered
        if words
    )


def _said(found: IssueList, name: str, on: tuple[str, ...]) -> dict[str, str]:
    """What tickets say, and what was asked for, even if none says it any more."""
    words = dict.fromkeys((*found.known.get(name, ()), *on))
    return {word: word if name == "suppliers" else written.words(word) for word in words}


def sorts(found: IssueList) -> tuple[Choice, ...]:
    sees = found.sight is Sight.ALL
    return tuple(
        Choice(sort, text, sort is found.filters.sort) for sort, text in SORTS.items() if sees or sort not in BY_MONEY
    )


def chips(f: Filters) -> tuple[Chip, ...]:
    return tuple(Chip(_text(name, value), f.without(name, value).query) for name, value in f.items() if name != "sort")


def _text(name: str, value: str) -> str:
    single = {
        ("tracker", "yes"): "In the tracker",
        ("tracker", "no"): "Not in the tracker",
        ("thin", "hide"): "Without thin evidence",
        ("thin", "only"): "Thin evidence only",
        ("unidentified", "hide"): "Without unidentified",
        ("unsorted", "hide"): "Without unsorted tickets",
        ("unsorted", "only"): "Unsorted tickets only",
        ("largest", "without"): "Without the largest account",
    }
    if (name, value) in single:
        return single[name, value]
    if name == "q":
        return f"“{value}”"
    if name == "as_of":
        return f"As of {written.day(date.fromisoformat(value))}"
    if name == "held":
        return f"By hand: {HELD[value]}"
    if name == "supplier":
        return f"Supplier: {value}"
    if name == "need":
        return f"Needs: {NEEDS.get(value, value)}"
    title = "Doubt" if name == "badge" else written.words(name)
    return f"{title}: {value if name in ('severity', 'badge', 'workaround') else written.words(value)}"


def held(one: Held) -> str:
    """A tag's words: pinned until 20 Dec; mute over since 3 Dec."""
    word = {Hold.PIN: "pinned", Hold.MUTE: "muted"}.get(one.kind) or f"{one.severity} by hand"
    if one.acts:
        return f"{word} until {written.day(one.until)}" if one.until else word
    return f"no longer {word} since {written.day(one.until)}"


def held_title(one: Held) -> str:
    """Who, when and why."""
    return f"{one.by}, {written.day(one.at)}" + (f": {one.reason}" if one.reason else "")


def why(row: Row) -> str:
    """The reason in a line: who most of it rests on; without names, how many and since when."""
    if row.largest is not None:
        return f"{row.largest.name} {_whole(written.share(row.largest.share))}{_renewal(row.largest.renews_in)}"
    if row.rank is None:
        return "not ranked yet"
    if row.new_accounts:
        return f"{row.new_accounts} of {written.plural(row.accounts, 'account')} new in 28 d"
    return f"{written.plural(row.accounts, 'account')}, last heard of {_since(row)}"


def _renewal(days: int | None) -> str:
    """Near enough to count in the score, or just past."""
    if days is None or not -30 <= days <= 180:  # noqa: PLR2004 - where the factor r is above 1
        return ""
    when = _whole(f"in {days} d" if days >= 0 else f"{-days} d ago")
    return f", renews {when}" if days >= 0 else f", renewal passed {when}"


def _whole(text: str) -> str:
    """A figure stays on one line with its unit."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _since(row: Row) -> str:
    text = written.ago(row.last_at)
    return text if text == "now" or not text.endswith(("d", "h", "min")) else f"{text} ago"


def next_step(row: Row) -> str:
    """What product should do, in the order of harm."""
    if step(row.needs) == NEXT[Need.UNREVIEWED] and not row.trust.suggested:
        return "Name an owner"
    return step(row.needs)


def step(needs: Sequence[Need]) -> str:
    """What the gravest of these asks for."""
    return next((text for need, text in NEXT.items() if need in needs), "")
