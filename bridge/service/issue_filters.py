"""Which issues a list shows and in which order: the words of its address, and what they mean.

Rule: an unknown word is left out, never an error: an address that somebody kept still opens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from bridge.analysis.uncertainty import (
    IMPUTED,
    REGRESSION_RISK,
    SEVERITY_SET,
    SINGLE_ACCOUNT,
    THIN_EVIDENCE,
    UNIDENTIFIED_MOSTLY,
)
from bridge.analysis.value import UNIDENTIFIED
from bridge.service.issue_board import Board
from bridge.service.issue_entries import Entry, Need
from bridge.words import Hold, RemedyState, Severity, WorkaroundKind

BADGES = (SINGLE_ACCOUNT, THIN_EVIDENCE, IMPUTED, UNIDENTIFIED_MOSTLY, REGRESSION_RISK, SEVERITY_SET)
LONGEST = 80


class Sort(StrEnum):
    RANK = "rank"
    RISE = "rise"
    FALL = "fall"
    NEW = "new"
    ACCOUNTS = "accounts"
    TICKETS = "tickets"
    RECENT = "recent"
    ROBUST = "robust"


BY_MONEY = frozenset({Sort.RISE, Sort.FALL, Sort.ROBUST})
"""Orders that tell amounts apart: for those who may read values."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked; the words of several values are any of, the fields all of. ``q``: words in the title.

    ``unidentified`` and ``largest`` leave money out of every score and rank anew; ``as_of`` is a day, as 2026-11-16.
    """

    state: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    badge: tuple[str, ...] = ()
    workaround: tuple[str, ...] = ()
    need: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    supplier: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    tracker: str = ""
    q: str = ""
    thin: str = ""
    unidentified: str = ""
    unsorted: str = ""
    largest: str = ""
    as_of: str = ""
    sort: Sort = Sort.RANK

    def items(self) -> list[tuple[str, str]]:
        """Pairs of the address, in a fixed order, without what is the default."""
        pairs: list[tuple[str, str]] = []
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if isinstance(value, tuple):
                pairs += [(name, word) for word in value]
            elif value and value != Sort.RANK:
                pairs.append((name, str(value)))
        return pairs

    @property
    def query(self) -> str:
        return urlencode(self.items())

    @property
    def is_narrow(self) -> bool:
        return bool([name for name, _ in self.items() if name not in ("sort", "as_of")])

    @property
    def day(self) -> date | None:
        return date.fromisoformat(self.as_of) if self.as_of else None

    @property
    def reranks(self) -> bool:
        """Whether places are other than those of the run."""
        return bool(self.unidentified or self.largest) and self.sort is Sort.RANK

    def ordered(self, sort: str) -> Filters:
        return replace(self, sort=Sort(sort))

    def without(self, name: str, value: str) -> Filters:
        now = getattr(self, name)
        left: Any = tuple(word for word in now if word != value) if isinstance(now, tuple) else ""
        changed: dict[str, Any] = {name: Sort.RANK if name == "sort" else left}
        return replace(self, **changed)


WORDS: dict[str, tuple[str, ...]] = {
    "state": tuple(RemedyState),
    "severity": tuple(Severity),
    "badge": BADGES,
    "workaround": tuple(WorkaroundKind),
    "need": ("any", *Need),
    "tracker": ("yes", "no"),
    "thin": ("hide", "only"),
    "unidentified": ("hide",),
    "unsorted": ("hide", "only"),
    "largest": ("without",),
    "held": ("any", *Hold),
}
ONE_WORD = ("tracker", "thin", "unidentified", "unsorted", "largest")
NAMES = ("segment", "area", "type", "supplier")
"""Filters that take any name."""


def parse(args: Mapping[str, Sequence[str]], *, sees_money: bool = True) -> Filters:
    """From the address: name -> values. A ``segment`` and what an issue is about take any name, ``q`` is cut."""
    found: dict[str, Any] = {}
    for name, words in WORDS.items():
        given = tuple(dict.fromkeys(word for word in args.get(name, ()) if word in words))
        found[name] = (given[0] if given else "") if name in ONE_WORD else given
    for name in NAMES:
        found[name] = tuple(dict.fromkeys(word[:LONGEST] for word in args.get(name, ()) if word))
    found["as_of"] = next((day for text in args.get("as_of", ()) if (day := _day(text))), "")
    found["largest"] = found["largest"] if sees_money else ""
    found["q"] = " ".join(" ".join(args.get("q", ())).split())[:LONGEST]
    sort = next((Sort(word) for word in args.get("sort", ()) if word in set(Sort)), Sort.RANK)
    return Filters(**found, sort=Sort.RANK if sort in BY_MONEY and not sees_money else sort)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def matching(board: Board, filters: Filters) -> tuple[Entry, ...]:
    """The issues that were asked for, in the order that was asked for."""
    return board.remember(filters, lambda: _find(board, filters))


def _find(board: Board, filters: Filters) -> tuple[Entry, ...]:
    tests = list(_tests(filters, board.valid_from))
    found: Iterable[Entry] = (e for e in board.entries if all(test(e) for test in tests))
    return tuple(sorted(found, key=_order(filters)))


def _tests(f: Filters, at: datetime) -> Iterable[Callable[[Entry], bool]]:
    yield from _tests_about(f, at)
    if f.state:
        yield lambda e: e.trust.state in f.state
    if f.severity:
        yield lambda e: e.summary.get("severity") in f.severity
    if f.segment:
        yield lambda e: any(name in f.segment for name, *_ in e.summary.get("by_segment", ()))
    if f.badge:
        yield lambda e: any(badge in f.badge for badge in e.summary.get("badges", ()))
    if f.workaround:
        yield lambda e: str(e.summary.get("workaround", WorkaroundKind.NONE)).partition(",")[0] in f.workaround
    if f.need:
        yield lambda e: bool(e.needs) if "any" in f.need else any(need in f.need for need in e.needs)
    if f.tracker:
        yield lambda e: bool(e.links) == (f.tracker == "yes")
    if f.thin:
        yield lambda e: (THIN_EVIDENCE in e.summary.get("badges", ())) == (f.thin == "only")
    if f.unsorted:
        yield lambda e: e.unsorted == (f.unsorted == "only")
    if f.unidentified:
        yield lambda e: identified(e) > 0 or not e.score
    if f.q:
        words = f.q.casefold().split()
        yield lambda e: all(word in e.folded for word in words)


def _tests_about(f: Filters, at: datetime) -> Iterable[Callable[[Entry], bool]]:
    """What an issue is about, who has it, and what people hold about it."""
    if f.area:
        yield lambda e: e.area in f.area
    if f.type:
        yield lambda e: e.type in f.type
    if f.supplier:
        yield lambda e: any(name in f.supplier for name in e.suppliers)
    if f.held:
        kinds = tuple(Hold) if "any" in f.held else tuple(Hold(word) for word in f.held)
        yield lambda e: any(e.holds(kind, at) for kind in kinds)


def adjusted(e: Entry, f: Filters) -> float:
    """The score without the money that the reader leaves out."""
    if not f.largest:
        return identified(e) if f.unidentified else e.score
    if not f.unidentified:
        return float(e.summary.get("without_largest", 0.0))
    return max(0.0, identified(e) - sum(float(amount) for _, amount, _ in e.summary.get("largest", ())[:1]))


def places(board: Board, f: Filters) -> dict[int, int]:
    """By issue: its place where money is left out; empty where the run's own ranks stand."""
    if not f.reranks:
        return {}
    ranked = [e for e in board.entries if e.rank]
    key = ("places", f.unidentified, f.largest)
    order = board.remember(key, lambda: tuple(sorted(ranked, key=lambda e: (-adjusted(e, f), e.rank or 0))))
    return {e.id: place for place, e in enumerate(order, start=1)}


def identified(e: Entry) -> float:
    """The part of the score that rests on known accounts."""
    left_out = sum(amount for name, amount, _ in e.summary.get("by_segment", ()) if name == UNIDENTIFIED)
    return max(0.0, e.score - float(left_out))


def _order(f: Filters) -> Callable[[Entry], tuple[float, ...]]:
    """Always ends in rank and id, so that it is total. Best first."""
    last = float("inf")

    def key(e: Entry) -> tuple[float, ...]:
        tail = (e.rank or last, float(e.id))
        if f.sort is Sort.RANK:
            if f.reranks:
                return (-adjusted(e, f), *tail)
            return (0.0 if e.in_top else 1.0, *tail)
        return (-_measure(e, f.sort), *tail)

    return key


def _measure(e: Entry, sort: Sort) -> float:
    moved = e.summary.get("moved")
    change = moved[1] if moved else e.score
    measures = {
        Sort.RISE: change,
        Sort.FALL: -change,
        Sort.NEW: e.summary.get("new", 0),
        Sort.ACCOUNTS: e.summary.get("accounts", 0),
        Sort.TICKETS: e.tickets,
        Sort.RECENT: e.summary.get("last_at") or 0.0,
        Sort.ROBUST: e.summary.get("without_largest", 0.0),
    }
    return float(measures[sort])
