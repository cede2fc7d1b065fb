"""Which segment an account falls into: ordered rules, the first that holds wins (domain.md 2.2).

Rule: total and unique. The last rule asks nothing, so each account has exactly one segment; what is not known meets no
condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bridge.words import ExpectationTier, Lifecycle, LocationClass, RiskBand

NAMED_ONLY: Mapping[str, Any] = MappingProxyType({"named_only": True})
"""The rule of a segment that only those accounts are in which a file names for it."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What rules ask of an account; money per year, ``value`` is the known one: arr times margin, without uplift."""

    value: float | None = None
    growth: float | None = None
    region: str | None = None
    tier: str | None = None
    risk: str | None = None
    lifecycle: str | None = None
    location: str | None = None
    languages: tuple[str, ...] = ()
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """``trait`` is compared: at least an amount where ``words`` is None and ``free`` is not set, else one of several.

    ``title`` begins the sentence that people read.
    """

    trait: str
    title: str
    words: type[StrEnum] | None = None
    free: bool = False

    @property
    def is_amount(self) -> bool:
        return self.words is None and not self.free


CONDITIONS: Mapping[str, Condition] = MappingProxyType({
    "value_at_least": Condition("value", "Value from"),
    "growth_at_least": Condition("growth", "Growth from"),
    "region": Condition("region", "Region", free=True),
    "language": Condition("languages", "Language", free=True),
    "tier": Condition("tier", "Own expectations", ExpectationTier),
    "risk_band": Condition("risk", "Risk", RiskBand),
    "lifecycle": Condition("lifecycle", "Lifecycle", Lifecycle),
    "required_location": Condition("location", "Support must sit", LocationClass),
})  # fmt: skip
"""By its key in a rule. A rule is all of its conditions; an amount is a number, everything else a list of words."""

assert {condition.trait for condition in CONDITIONS.values()} <= {field.name for field in fields(Traits)}


def holds(rule: Mapping[str, Any], traits: Traits) -> bool:
    """Whether all conditions are met. A condition that nobody knows is met by nothing."""
    return all(_met(key, wanted, traits) for key, wanted in rule.items())


def _met(key: str, wanted: Any, traits: Traits) -> bool:
    condition = CONDITIONS.get(key)
    if condition is None:
        return False
    found = getattr(traits, condition.trait)
    if condition.is_amount:
        return found is not None and wanted is not None and bool(found >= wanted)
    held = found if isinstance(found, tuple) else (found,)
    return any(one in wanted for one in held if one is not None)


def place_of(rules: Sequence[tuple[str, Mapping[str, Any]]], traits: Traits) -> int:
    """The place of the segment: the one that a file named for the account, else the first whose rule holds, else the
    last.

    Raises LookupError where there are no segments.
    """
    if not rules:
        raise LookupError("there are no segments: run `bridge init` or `bridge db upgrade` first")
    named = next((place for place, (name, _) in enumerate(rules) if traits.named and name == traits.named), None)
    if named is not None:
        return named
    return next((place for place, (_, rule) in enumerate(rules) if holds(rule, traits)), len(rules) - 1)


def segment_of(rules: Sequence[tuple[str, Mapping[str, Any]]], traits: Traits) -> str:
    """The name of the segment, see ``place_of``."""
    return rules[place_of(rules, traits)][0]


DEFAULT_SEGMENTS: tuple[dict[str, Any], ...] = (
    {
        "name": "strategic",
        "rule": {"value_at_least": 100_000},
        "value_default": 150_000.0,
        "expectation_tier": "premium",
    },
    {
        "name": "mid-market",
        "rule": {"value_at_least": 25_000},
        "value_default": 50_000.0,
        "expectation_tier": "standard",
    },
    {
        "name": "self-serve",
        "rule": {"value_at_least": 0},
        "value_default": 6_000.0,
        "expectation_tier": "self_serve",
    },
    {"name": "unclassified", "rule": {}, "value_default": 18_000.0, "expectation_tier": "standard"},
)
"""Planning defaults, seeded once; a company edits its own rows. The catch-all takes accounts of unknown value."""


def phrases(rule: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    """The conditions as people read them, in the order of ``CONDITIONS``; money per year."""
    if not rule:
        return ("all others",)
    found = []
    for key, condition in CONDITIONS.items():
        if key not in rule:
            continue
        if condition.is_amount:
            found.append(f"{condition.title.lower()} {currency} {rule[key]:,.0f}")
            continue
        words = [str(word).replace("_", "-") for word in rule[key]]
        found.append(f"{condition.title.lower()} {' or '.join(words)}")
    return tuple(found) or ("only those that an import names",)
