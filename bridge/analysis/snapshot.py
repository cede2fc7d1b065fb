"""The inputs of one cluster's score, small enough to be stored beside its explanation: numbers and ids, no
text.

One rule: the score recomputed from a stored snapshot is the stored score, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bridge.analysis.exposure import (
    Evidence,
    Exposure,
    Line,
    Terms,
    expose,
    is_new,
    lines,
    strongest,
)
from bridge.analysis.value import Rates
from bridge.words import Severity

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`now` and `cut` (the release, if it has happened) are UTC epoch seconds; keys are account keys. `score`
    is None until it was computed.
    """

    now: float
    cut: float | None
    override: Severity | None
    omega: float
    terms: Terms
    rates: Mapping[str, Rates]
    evidence: Mapping[str, Sequence[Evidence]]
    score: float | None = None

    def exposures(self) -> dict[str, Exposure]:
        """The accounts that count, in the order of their keys."""
        found = {}
        for key in sorted(self.evidence):
            hit = expose(self.evidence[key], self.override, self.terms, self.now, self.cut)
            if hit is not None:
                found[key] = hit
        return found

    def lines(self, exposures: Mapping[str, Exposure]) -> dict[str, Line]:
        hit = {
            key: (self.rates[key], exposure, is_new(exposure, self.terms, self.now))
            for key, exposure in exposures.items()
        }
        return lines(hit, self.omega, self.terms)

    def counted(self, key: str) -> Sequence[Evidence]:
        """The account's tickets that the release did not settle."""
        if self.cut is None:
            return self.evidence[key]
        return [e for e in self.evidence[key] if e.signal > self.cut]

    def as_told(self, score: float) -> Snapshot:
        """What `from_inputs` reads of the record of this snapshot."""
        counted = {key: self.counted(key) for key in self.evidence}
        told = {key: strongest(tickets) for key, tickets in counted.items() if tickets}
        return replace(self, evidence=told, rates={key: self.rates[key] for key in told}, score=score)

    def to_inputs(self, keys: Sequence[str], score: float) -> dict[str, Any]:
        """JSON types; `accounts` is [key, V, beta, r, e, tickets] in the order of `keys`."""
        accounts = [[key, *self.rates[key], [list(e) for e in strongest(self.counted(key))]] for key in keys]
        return {
            "format": FORMAT,
            "score": score,
            "now": self.now,
            "cut": self.cut,
            "override": self.override,
            "omega": self.omega,
            "terms": [list(self.terms.weights), *self.terms[1:]],
            "accounts": accounts,
        }

    @classmethod
    def from_inputs(cls, raw: Mapping[str, Any]) -> Snapshot | None:
        """None for inputs of another format: nothing can be compared with them."""
        if raw.get("format") != FORMAT:
            return None
        weights, *rest = raw["terms"]
        override = raw["override"]
        return cls(
            score=raw["score"],
            now=raw["now"],
            cut=raw["cut"],
            override=None if override is None else Severity(override),
            omega=raw["omega"],
            terms=Terms(tuple(weights), *rest),
            rates={key: Rates(*rates) for key, *rates, _ in raw["accounts"]},
            evidence={key: [Evidence(*e) for e in tickets] for key, *_, tickets in raw["accounts"]},
        )
