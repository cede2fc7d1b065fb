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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.analysis.exposure import Evidence, Exposure, Terms, expose, is_new, lines, strongest, total
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.value import Rates
from bridge.words import Severity

CAUSES = ("new accounts", "severity change", "workaround", "decay", "release", "value data")
GRID = 2.0**-20


def delta(old: Snapshot, new: Snapshot, exposures: Mapping[str, Exposure], score: float) -> dict[str, Any]:
    """{amount, causes: [{cause, amount}, ...]} in money per year; `exposures` and `score` are those of `new`.

    Parts lie on a grid of a millionth, fine enough for money and coarse enough for binary fractions to add up
    without rounding, in any order, up to eight thousand million.
    """
    steps = [_snap(step) for step in _steps(old, new, exposures, score)]
    parts = [after - before for before, after in itertools.pairwise(steps)]
    causes = [{"cause": cause, "amount": part} for cause, part in zip(CAUSES, parts, strict=True)]
    return {"amount": steps[-1] - steps[0], "causes": causes}


def _steps(old: Snapshot, new: Snapshot, exposures: Mapping[str, Exposure], score: float) -> list[float]:
    """The score before any replacement and after each cause.

    A cause that replaces nothing costs no work: most clusters of a run only grew older.
    """
    stayed = {key: old.evidence[key] for key in old.evidence if _counts(new.evidence.get(key, ()), old.cut)}
    entered = {key: new.evidence[key] for key in new.evidence if key not in old.evidence}
    rates = {key: old.rates.get(key, new.rates[key]) for key in new.evidence}
    resevered = _with_new_severities(stayed, new, old.now)

    def mixed(kept: Snapshot, override: Severity | None, omega: float, cut: float | None) -> float:
        """`kept` holds the accounts that stayed; those that entered always come with their new tickets."""
        hit = _hit(replace(kept, override=override, cut=cut), rates, old.terms)
        hit |= _hit(replace(new, evidence=entered, override=override, cut=cut), rates, old.terms)
        return total(lines(hit, omega, old.terms).values())

    before = total(old.lines(old.exposures()).values()) if old.score is None else old.score
    peopled = severed = eased = before
    if entered or len(stayed) < len(old.evidence):
        peopled = severed = eased = mixed(replace(old, evidence=stayed), old.override, old.omega, old.cut)
    after_people = replace(old, evidence=resevered)
    if old.override != new.override or resevered != stayed:
        severed = eased = mixed(after_people, new.override, old.omega, old.cut)
    if old.omega != new.omega:
        eased = mixed(after_people, new.override, new.omega, old.cut)
    now = replace(new, evidence={key: new.evidence[key] for key in old.evidence if key in new.evidence})
    released = score
    if old.terms != new.terms:
        released = mixed(now, new.override, new.omega, new.cut)
    elif rates != new.rates:
        released = total(replace(new, rates=rates).lines(exposures).values())
    aged = released if old.cut == new.cut else mixed(now, new.override, new.omega, old.cut)
    return [before, peopled, severed, eased, aged, released, score]


def _hit(side: Snapshot, rates: Mapping[str, Rates], terms: Terms) -> dict[str, tuple[Rates, Exposure, bool]]:
    found = {}
    for key, evidence in side.evidence.items():
        exposure = expose(evidence, side.override, terms, side.now, side.cut)
        if exposure is not None:
            found[key] = (rates[key], exposure, is_new(exposure, terms, side.now))
    return found


def _with_new_severities(
    stayed: Mapping[str, Sequence[Evidence]], new: Snapshot, then: float
) -> dict[str, Sequence[Evidence]]:
    """The evidence of ``then`` with the severities of now.

    Of the tickets that were there but not kept, because another one dominated them, those come back that none
    dominates under the new severities.
    """
    changed: dict[str, Sequence[Evidence]] = {}
    for key, evidence in stayed.items():
        now = {e.ticket_id: e.severity for e in new.evidence[key]}
        moved = any(now.get(e.ticket_id, e.severity) != e.severity for e in evidence)
        graded = [e._replace(severity=now.get(e.ticket_id, e.severity)) for e in evidence] if moved else evidence
        back: list[Evidence] = []
        if len(now) > 1:
            kept, first = {e.ticket_id for e in evidence}, min(e.created for e in evidence)
            there = (e for e in strongest(new.evidence[key]) if e.ticket_id not in kept and first <= e.created <= then)
            back = [e for e in there if _came_forward(e, graded)]
        changed[key] = [*graded, *back] if back else graded
    return changed


def _counts(evidence: Sequence[Evidence], cut: float | None) -> bool:
    """Whether a release leaves anything of an account; one of which it leaves nothing has gone."""
    return any(cut is None or e.signal > cut for e in evidence)


def _came_forward(e: Evidence, kept: Sequence[Evidence]) -> bool:
    """Whether its severity alone puts a ticket before those that are as certain, as fresh and as open as it."""
    over = [k for k in kept if k.signal >= e.signal and k.q >= e.q and k.is_open >= e.is_open]
    return bool(over) and all(k.severity > e.severity for k in over)


def _snap(amount: float) -> float:
    return round(amount / GRID) * GRID
