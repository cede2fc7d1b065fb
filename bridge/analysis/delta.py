"""Why a score moved: the old inputs are replaced by the new ones, one cause after the other.

One rule: the causes are replaced in the fixed order of `CAUSES`, and their parts sum exactly to the change.

- new accounts: accounts that entered or left the cluster (entering ones with their own tickets and value);
- severity change: priorities of the tickets that were there, and the severity a person set;
- workaround: omega;
- decay: the passing of time against new signals of accounts that were there, closed and reopened tickets;
- release: tickets that a release settles, or that count again once it is withdrawn;
- value data: V, risk band, renewal, expectations, and the constants of the configuration.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bridge.analysis.exposure import Evidence, Exposure, Terms, expose, is_new, lines, total
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.value import Rates
from bridge.words import Severity

CAUSES = ("new accounts", "severity change", "workaround", "decay", "release", "value data")
GRID = 2.0**-20


def delta(old: Snapshot, new: Snapshot, score: float) -> dict[str, Any]:
    """{amount, causes: [{cause, amount}, ...]} in money per year; `score` is the score of `new`.

    Parts lie on a grid of a millionth, fine enough for money and coarse enough for binary fractions to add up
    without rounding, in any order, up to eight thousand million.
    """
    steps = [_snap(step) for step in (*_steps(old, new), score)]
    parts = [after - before for before, after in itertools.pairwise(steps)]
    causes = [{"cause": cause, "amount": part} for cause, part in zip(CAUSES, parts, strict=True)]
    return {"amount": steps[-1] - steps[0], "causes": causes}


def _steps(old: Snapshot, new: Snapshot) -> list[float]:
    """The score before any replacement and after each cause but the last."""
    stayed = {key: old.evidence[key] for key in old.evidence if key in new.evidence}
    entered = {key: new.evidence[key] for key in new.evidence if key not in old.evidence}
    rates = {key: old.rates.get(key, new.rates[key]) for key in new.evidence}
    terms = old.terms

    def score(kept: Snapshot, override: Severity | None, omega: float, cut: float | None) -> float:
        """`kept` holds the accounts that stayed; those that entered always come with their new tickets."""
        hit = _hit(replace(kept, override=override, cut=cut), rates, terms)
        arrivals = replace(new, evidence=entered, override=override, cut=cut)
        hit |= _hit(arrivals, rates, terms)
        return total(lines(hit, omega, terms).values())

    before = replace(old, evidence=stayed)
    resevered = replace(old, evidence=_with_new_severities(stayed, new))
    now = replace(new, evidence={key: new.evidence[key] for key in stayed})
    return [
        total(old.lines(old.exposures()).values()),
        score(before, old.override, old.omega, old.cut),
        score(resevered, new.override, old.omega, old.cut),
        score(resevered, new.override, new.omega, old.cut),
        score(now, new.override, new.omega, old.cut),
        score(now, new.override, new.omega, new.cut),
    ]


def _hit(side: Snapshot, rates: Mapping[str, Rates], terms: Terms) -> dict[str, tuple[Rates, Exposure, bool]]:
    found = {}
    for key, evidence in side.evidence.items():
        exposure = expose(evidence, side.override, terms, side.now, side.cut)
        if exposure is not None:
            found[key] = (rates[key], exposure, is_new(exposure, terms, side.now))
    return found


def _with_new_severities(stayed: Mapping[str, Any], new: Snapshot) -> dict[str, list[Evidence]]:
    changed = {}
    for key, evidence in stayed.items():
        now = {e.ticket_id: e.severity for e in new.evidence[key]}
        changed[key] = [e._replace(severity=now.get(e.ticket_id, e.severity)) for e in evidence]
    return changed


def _snap(amount: float) -> float:
    return round(amount / GRID) * GRID
