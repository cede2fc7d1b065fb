"""The constants of the value-at-risk score, as one frozen, versioned configuration.

One rule: every number of the formula is here under its own name, and a configuration that would break a
promise of the score (a better workaround that raises it, a share above one) is refused with the name of the
key.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bridge.words import ExpectationTier, Priority, RiskBand, Severity, WorkaroundKind


def _table(**entries: float) -> Mapping[str, float]:
    return MappingProxyType(entries)


class ConfigError(ValueError):
    """``key`` names what is wrong, of a table its name alone; ``what`` says why, without the key."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"scoring configuration: {key} {what}")
        self.key, self.what = key, what


@dataclass(frozen=True, slots=True)
class ScoringConfig:
    """Domain.md 2.3. Tables are keyed by the words of `bridge.words`; days are 24 hours; money per year.
    ``free_mail_domains`` are further ones, beside those that `identity.is_free_mail` knows. ``unit_cost`` is money per
    ticket where ``supplier_unit_cost`` (by the supplier's name) has none, 0 where nobody said; both stand beside the
    score, never in it.

    Raises ConfigError on construction when a value is out of range or breaks an order that the score relies on.
    """

    half_life_open_days: float = 180.0
    half_life_closed_days: float = 45.0
    new_window_days: float = 28.0
    kappa: float = 0.5
    k0: float = 3.0
    severity_weight: Mapping[str, float] = field(default_factory=lambda: _table(S1=1.0, S2=0.5, S3=0.2, S4=0.05))
    priority_severity: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({"urgent": "S1", "high": "S2", "normal": "S3", "low": "S4"})
    )
    default_severity: str = "S3"
    beta: Mapping[str, float] = field(default_factory=lambda: _table(low=0.05, normal=0.10, elevated=0.20, high=0.40))
    default_beta: float = 0.10
    renewal_boost: float = 0.5
    renewal_far_days: float = 180.0
    renewal_ramp_days: float = 150.0
    renewal_grace_days: float = 30.0
    expectation: Mapping[str, float] = field(
        default_factory=lambda: _table(premium=1.25, standard=1.0, self_serve=0.75)
    )
    default_expectation: float = 1.0
    workaround: Mapping[str, float] = field(default_factory=lambda: _table(none=1.0, partial=0.7, full=0.4))
    range_z: float = 1.28
    single_account_n_eff: float = 1.5
    thin_mean_q: float = 0.6
    imputed_known_share: float = 0.5
    currency: str = "EUR"
    internal_domains: tuple[str, ...] = ()
    free_mail_domains: tuple[str, ...] = ()
    unit_cost: float = 0.0
    supplier_unit_cost: Mapping[str, float] = field(default_factory=_table)

    def __post_init__(self) -> None:
        for entry in fields(self):
            _check_numbers(entry.name, getattr(self, entry.name))
        for name, words in _WORDS.items():
            _check_words(name, set(getattr(self, name)), words)
        _check_words("priority_severity values", set(self.priority_severity.values()), Severity, every=False)
        _check_words("default_severity", {self.default_severity}, Severity, every=False)
        for name in ("half_life_open_days", "half_life_closed_days", "renewal_ramp_days"):
            _require(getattr(self, name) > 0, name, "must be above 0 days")
        _require(
            self.half_life_closed_days <= self.half_life_open_days,
            "half_life_closed_days",
            "must not exceed half_life_open_days: closing a ticket would raise the score",
        )
        _require_order("severity_weight", [self.severity_weight[s] for s in reversed(Severity)], top=1.0)
        _require_order("beta", [self.beta[band] for band in RiskBand])
        _require_order("workaround", [self.workaround[kind] for kind in reversed(WorkaroundKind)], top=1.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; `from_dict` of it is equal to this configuration."""
        return {entry.name: _plain(getattr(self, entry.name)) for entry in fields(self)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> ScoringConfig:
        """Missing keys, in tables too, keep their default. Raises ConfigError for unknown keys and types."""
        known = {entry.name for entry in fields(cls)}
        _check_words("as a whole", set(raw), known, every=False)
        default = cls()
        values: dict[str, Any] = {n: _read(n, v, getattr(default, n)) for n, v in raw.items()}
        return cls(**values)


_WORDS: dict[str, type[StrEnum]] = {
    "severity_weight": Severity,
    "priority_severity": Priority,
    "beta": RiskBand,
    "expectation": ExpectationTier,
    "workaround": WorkaroundKind,
}


def _require(holds: bool, name: str, what: str) -> None:
    if not holds:
        raise ConfigError(name, what)


def _require_order(name: str, rising: list[float], top: float = math.inf) -> None:
    ordered = all(a <= b for a, b in itertools.pairwise(rising))
    _require(ordered and rising[-1] <= top, name, f"must rise in the order of its words up to {top}: {rising}")


def _check_numbers(name: str, value: object) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_numbers(f"{name}.{key}", inner)
    elif isinstance(value, float):
        _require(math.isfinite(value) and value >= 0, name, f"must be a finite number of at least 0, not {value}")


def _check_words(name: str, found: set[str], words: type[StrEnum] | set[str], *, every: bool = True) -> None:
    known = {str(word) for word in words}
    unknown = sorted(set(found) - known)
    if unknown:
        raise ConfigError(name, f"has unknown {', '.join(map(repr, unknown))}; known are {', '.join(sorted(known))}")
    if every and found != known:
        raise ConfigError(name, f"is missing {', '.join(sorted(known - found))}")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _read(name: str, value: Any, default: object) -> object:
    if isinstance(default, Mapping):
        _require(isinstance(value, Mapping), name, f"must be a table, not {value!r}")
        sample = next(iter(default.values()), 0.0)
        entries = {key: _read(f"{name}.{key}", inner, sample) for key, inner in value.items()}
        return MappingProxyType({**default, **entries})
    if isinstance(default, tuple):
        texts = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        _require(texts, name, f"must be a list of texts, not {value!r}")
        return tuple(item.strip().lower() for item in value)
    if isinstance(default, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        _require(number, name, f"must be a number, not {value!r}")
        return float(value)
    _require(isinstance(value, str), name, f"must be a text, not {value!r}")
    return str(value)
