"""What would move a score: the stored inputs, computed again with one thing changed.

Rule: nothing is estimated; each answer is the formula's, at the instant of the run.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.analysis.exposure import is_new, total
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.words import Severity, WorkaroundKind

WORKAROUND = "full workaround"
SEVERITY = "severity S1"


def what_if(now: Snapshot, config: ScoringConfig) -> dict[str, float]:
    """The score with a full, verified workaround, and as a blocker; left out where that is so already."""
    found = {}
    full = config.workaround[WorkaroundKind.FULL]
    if now.omega > full:
        found[WORKAROUND] = _score(replace(now, omega=full))
    if severity_of(now) is not Severity.S1:
        found[SEVERITY] = _score(replace(now, override=Severity.S1))
    return found


def severity_of(now: Snapshot) -> Severity | None:
    """The severity that a list shows: the one that a person set, else the one that most of the money rests on.

    None where no ticket counts. Of two with equal money the graver one.
    """
    if now.override is not None:
        return now.override
    severities = {e.ticket_id: e.severity for evidence in now.evidence.values() for e in evidence}
    exposures = now.exposures()
    money: dict[str, list[float]] = {}
    for key, line in now.lines(exposures).items():
        money.setdefault(severities[exposures[key].deciding_ticket], []).append(line.risk_now)
    return Severity(min(money, key=lambda s: (-sum(money[s]), s))) if money else None


def new_accounts(now: Snapshot) -> int:
    """Accounts whose first ticket lies within the window that feeds momentum."""
    return sum(is_new(exposure, now.terms, now.now) for exposure in now.exposures().values())


def _score(changed: Snapshot) -> float:
    return total(changed.lines(changed.exposures()).values())
