"""The constants of the score as people read and type them: words, units, ranges, and what is wrong with what was typed.

Rule: a key names the same constant on the page, in the API and at the command line: "kappa", or "beta.high" of a table.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.analysis.scoring import ConfigError, ScoringConfig
from bridge.words import Priority, Severity

SUPPLIERS = "supplier_unit_cost"
_MOST = 10_000
"""Letters of what is typed into one field."""


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: number, choice (a severity) or lines (one entry a line). ``low`` and ``high`` belong to the range."""

    key: str
    label: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    kind: str = "number"


@dataclass(frozen=True, slots=True)
class Group:
    """``says``: what the numbers do, in one sentence."""

    name: str
    says: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, over the constants in force. ``errors``: by key, or by the name of a table whose order is broken.
    ``config`` None: there are some.
    """

    typed: Mapping[str, str]
    errors: Mapping[str, str]
    config: ScoringConfig | None


@dataclass(frozen=True, slots=True)
class Change:
    """``before`` and ``after`` as they are typed."""

    key: str
    label: str
    before: str
    after: str


_YEARS = 3650.0
_RISK = (("low", "Low"), ("normal", "Normal"), ("elevated", "Elevated"), ("high", "High"))
_GRAVITY = dict(zip(map(str, Severity), ("Blocker", "Major", "Minor", "Cosmetic, question"), strict=True))
GROUPS = (
    Group(
        "Severity",
        "What a ticket weighs, by how grave it is.",
        tuple(Field(f"severity_weight.{s}", f"{s} {name.lower()}") for s, name in _GRAVITY.items()),
    ),
    Group(
        "Priorities",
        "Which severity a ticket has as long as nobody sets one.",
        (
            *(Field(f"priority_severity.{p}", f"Priority {p}", kind="choice") for p in Priority),
            Field("default_severity", "No priority", kind="choice"),
        ),
    ),
    Group(
        "Risk band",
        "Part of an account’s yearly value that a fresh blocker puts at risk.",
        (*(Field(f"beta.{band}", name) for band, name in _RISK), Field("default_beta", "Not known")),
    ),
    Group(
        "Renewal",
        "An account that renews soon counts for more: up to 1 + the rise.",
        (
            Field("renewal_boost", "Rise", high=5),
            Field("renewal_far_days", "Begins before the date", "d", high=_YEARS),
            Field("renewal_ramp_days", "Full after", "d", low=1, high=_YEARS),
            Field("renewal_grace_days", "Still full after the date", "d", high=_YEARS),
        ),
    ),
    Group(
        "Expectations",
        "Factor for what the account was promised.",
        (
            Field("expectation.premium", "Premium", high=10),
            Field("expectation.standard", "Standard", high=10),
            Field("expectation.self_serve", "Self-serve", high=10),
            Field("default_expectation", "Not known", high=10),
        ),
    ),
    Group(
        "Workaround",
        "What is left of the risk while customers can help themselves.",
        (
            Field("workaround.none", "None"),
            Field("workaround.partial", "Partial"),
            Field("workaround.full", "Full, verified"),
        ),
    ),
    Group(
        "Ageing",
        "After this long without a word of the customer a ticket weighs half.",
        (
            Field("half_life_open_days", "While open", "d", low=1, high=_YEARS),
            Field("half_life_closed_days", "Once solved or closed", "d", low=1, high=_YEARS),
        ),
    ),
    Group(
        "New accounts",
        "Momentum: what new accounts add to their own risk, most × n / (n + damping).",
        (
            Field("new_window_days", "New for", "d", high=_YEARS),
            Field("kappa", "Most", high=5),
            Field("k0", "Damping", "accounts", high=1000),
        ),
    ),
    Group(
        "Doubts",
        "When a badge or a range stands beside a score. Nothing here changes one.",
        (
            Field("range_z", "Width of the range", "σ", high=5),
            Field("single_account_n_eff", "Single account below", "accounts", low=1, high=10),
            Field("thin_mean_q", "Thin evidence below"),
            Field("imputed_known_share", "Imputed below"),
        ),
    ),
    Group(
        "Accounts",
        "Mail domains where anybody can have an address, beside those that the program knows.",
        (Field("free_mail_domains", "Free-mail domains", "one a line", kind="lines"),),
    ),
    Group(
        "Cost of a ticket",
        "Gives the support cost beside a score, never in it. 0: not known.",
        (Field("unit_cost", "On average", "per ticket", high=1_000_000),),
    ),
)
"""Every constant that people edit. Currency and our own domains follow the settings of the workspace."""

_ORDERS = {
    "severity_weight": "A graver severity weighs at least as much as the next one.",
    "beta": "A higher band puts at least as much at risk as the one before it.",
    "workaround": "A better workaround never leaves more of the risk.",
    "half_life_closed_days": "A closed ticket ages at least as fast as an open one.",
    "priority_severity": "A more urgent priority is at least as grave as the next one.",
}


def groups(suppliers: Collection[str]) -> tuple[Group, ...]:
    """The groups, the last with a field for each supplier whose costs the reader may see."""
    *others, cost = GROUPS
    more = tuple(Field(f"{SUPPLIERS}.{name}", name, "per ticket", high=1_000_000) for name in sorted(suppliers))
    return (*others, replace(cost, fields=(*cost.fields, *more)))


def fields_of(groups_: Sequence[Group]) -> dict[str, Field]:
    return {field.key: field for group in groups_ for field in group.fields}


def flat(config: ScoringConfig, fields: Mapping[str, Field]) -> dict[str, str]:
    """Each constant as it is typed; a supplier without a cost of its own is empty."""
    return {key: _written(config, key) for key in fields}


def read(typed: Mapping[str, str], base: ScoringConfig, fields: Mapping[str, Field]) -> Draft:
    """What was typed over ``base``; a key that was not typed stays as it is. A key that is none of ``fields`` is an
    error, too.
    """
    errors: dict[str, str] = {}
    raw = base.to_dict()
    for key, text in typed.items():
        field = fields.get(key)
        if field is None:
            errors[key] = "There is no such constant."
            continue
        found = _value(field, text[:_MOST])
        if isinstance(found, _Wrong):
            errors[key] = found.why
        else:
            _put(raw, key, found)
    shown = {**flat(base, fields), **{key: text for key, text in typed.items() if key in fields}}
    if errors:
        return Draft(shown, errors, None)
    try:
        config = ScoringConfig.from_dict(raw)
        _check_priorities(config)
    except ConfigError as error:
        return Draft(shown, {error.key: _ORDERS.get(error.key, f"It {error.what}.")}, None)
    return Draft(shown, {}, config)


def changes(before: ScoringConfig, after: ScoringConfig, fields: Mapping[str, Field]) -> list[Change]:
    """What differs, in the order of the fields."""
    old, new = flat(before, fields), flat(after, fields)
    return [Change(key, name_of(key, fields), old[key], new[key]) for key in fields if old[key] != new[key]]


def name_of(key: str, fields: Mapping[str, Field]) -> str:
    """A constant with the name of its group: "Risk band: high"."""
    group = next((g.name for g in GROUPS if any(f.key == key for f in g.fields)), GROUPS[-1].name)
    return f"{group}: {fields[key].label}"


@dataclass(frozen=True, slots=True)
class _Wrong:
    why: str


def _value(field: Field, text: str) -> float | str | list[str] | _Wrong | None:
    """None: a supplier without a cost of its own."""
    text = text.strip()
    if field.kind == "choice":
        return text if text in set(Severity) else _Wrong(f"Choose {', '.join(Severity)}.")
    if field.kind == "lines":
        found = sorted({line.strip().lower() for line in text.replace(",", "\n").splitlines() if line.strip()})
        wrong = next((one for one in found if "." not in one or "@" in one or " " in one), None)
        return _Wrong(f"“{wrong[:40]}” is no domain: write it like mail.example.") if wrong else found
    if not text and field.key.startswith(f"{SUPPLIERS}."):
        return None
    try:
        number = float(text)
    except ValueError:
        return _Wrong("Write a number, such as 0.25.")
    if not (math.isfinite(number) and field.low <= number <= field.high):
        return _Wrong(f"Write a number from {field.low:g} to {field.high:,.0f}.")
    return number


def _put(raw: dict[str, Any], key: str, value: float | str | list[str] | None) -> None:
    name, _, word = key.partition(".")
    if not word:
        raw[name] = value
    elif value is None:
        raw[name].pop(word, None)
    else:
        raw[name][word] = value


def _written(config: ScoringConfig, key: str) -> str:
    name, _, word = key.partition(".")
    value = getattr(config, name)
    if word:
        value = value.get(word)
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(value)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _check_priorities(config: ScoringConfig) -> None:
    severities = [config.priority_severity[priority] for priority in Priority]
    if severities != sorted(severities):
        raise ConfigError("priority_severity", "must not fall with the priority")
