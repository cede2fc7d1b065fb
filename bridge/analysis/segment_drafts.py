"""Segment rules as somebody wrote them -> rules that can be kept, or what is wrong with which field of which rule.

Rule: a list that is accepted is total and unique: names differ, only the last one asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.analysis.cells import CellError, name, number, word
from bridge.analysis.segment_rules import CONDITIONS, NAMED_ONLY, Condition
from bridge.analysis.value import UNIDENTIFIED
from bridge.words import ExpectationTier

MOST = 30
LONGEST_NAME = 60
Raw = Mapping[str, Any]
"""``id`` (None: a new one), ``name``, ``value_default``, ``expectation_tier``, ``named_only`` and the conditions; each
as a number, a text or a list of texts."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment as it would be kept; ``id`` None: a new one. ``value_default`` is money per year."""

    id: int | None
    name: str
    rule: Mapping[str, Any]
    value_default: float
    expectation_tier: str


@dataclass(frozen=True, slots=True)
class Fault:
    """``place``: of the rule, from 0; ``field``: of the raw rule; ``words``: what was wrong and what is allowed."""

    place: int
    field: str
    words: str


def read_drafts(raws: Sequence[Raw]) -> tuple[list[Draft], list[Fault]]:
    """The rules in their order, and everything that keeps them from being kept. Without faults the drafts are whole."""
    faults: list[Fault] = []
    drafts = [_read(place, raw, faults) for place, raw in enumerate(raws)]
    faults += _together(drafts)
    return drafts, sorted(faults, key=lambda fault: fault.place)


def _read(place: int, raw: Raw, faults: list[Fault]) -> Draft:
    def tried(field: str, reader: Any, otherwise: Any) -> Any:
        try:
            return reader()
        except CellError as error:
            faults.append(Fault(place, field, str(error)))
            return otherwise

    rule: dict[str, Any] = dict(NAMED_ONLY) if raw.get("named_only") else {}
    for key, condition in CONDITIONS.items():
        given = raw.get(key)
        if given is None or given in ("", [], ()):
            continue
        found = tried(key, lambda key=key, condition=condition, given=given: _condition(key, condition, given), None)
        if found not in (None, []):
            rule[key] = found
    return Draft(
        raw.get("id"),
        tried("name", lambda: _name(raw.get("name")), ""),
        rule,
        tried("value_default", lambda: _amount("default value", raw.get("value_default")), 0.0),
        tried(
            "expectation_tier",
            lambda: word("expectations", str(raw.get("expectation_tier") or ""), ExpectationTier),
            ExpectationTier.STANDARD.value,
        ),
    )


def _name(given: Any) -> str:
    found = name("name", str(given or ""))
    if len(found) > LONGEST_NAME:
        raise CellError(f"name: longer than {LONGEST_NAME} characters")
    if found.casefold() == UNIDENTIFIED:
        raise CellError(f"name {found!r} stands for requesters of no known account: choose another")
    return found


def _amount(what: str, given: Any) -> float:
    return number(what, str(given if given is not None else "").strip())


def _condition(key: str, condition: Condition, given: Any) -> Any:
    if condition.is_amount:
        return _amount(condition.title.lower(), given)
    several = given.replace(";", ",").split(",") if isinstance(given, str) else given
    parts = list(dict.fromkeys(text for one in several if (text := str(one).strip())))
    words = condition.words
    if words is not None:
        return [word(condition.title.lower(), part, words) for part in parts]
    return [name(key, part) for part in parts]


def _together(drafts: Sequence[Draft]) -> Iterable[Fault]:
    if not drafts:
        yield Fault(0, "name", "there must be one segment at least, the one that takes all others")
        return
    if len(drafts) > MOST:
        yield Fault(MOST, "name", f"more than {MOST} segments: nobody can keep them apart; leave the small ones out")
    seen: dict[str, int] = {}
    for place, draft in enumerate(drafts):
        other = seen.setdefault(draft.name.casefold(), place)
        if draft.name and other != place:
            yield Fault(place, "name", f"name {draft.name!r}: segment {other + 1} has it already")
        last = place == len(drafts) - 1
        if last and draft.rule:
            key = next(iter(draft.rule))
            yield Fault(place, key, "the last segment takes all others: it has no condition")
        if not last and not draft.rule:
            words = "no condition: it would take every account, and the segments below it none; say what it asks"
            yield Fault(place, "value_at_least", words)
        if len(draft.rule) > 1 and "named_only" in draft.rule:
            words = "a segment of accounts that a file names has no condition beside that"
            yield Fault(place, next(key for key in draft.rule if key != "named_only"), words)
