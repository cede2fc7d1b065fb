"""Why a ticket may belong to an issue, in words. Rule: no figure is shown; words claim no more than it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SAME, ALIKE = 0.85, 0.6
"""From this cosine on two texts say almost the same, say similar things; of all-MiniLM-L6-v2, whose unrelated texts lie
at 0 to 0.3.
"""
CLOSE = 0.03
"""Candidates that differ by less are told apart by nothing."""


def nearness(evidence: Mapping[str, Any]) -> str:
    """``nearest``: cosine with the nearest ticket of the issue; ``size``: tickets there. Without them, nothing."""
    nearest = evidence.get("nearest")
    if not isinstance(nearest, int | float):
        return ""
    ticket = "its one ticket" if evidence.get("size") == 1 else "the nearest ticket"
    if nearest >= SAME:
        return f"{ticket} says almost the same"
    return f"{ticket} says something similar" if nearest >= ALIKE else f"{ticket} is about something near"


def standoff(names: Sequence[str], similarities: Sequence[float]) -> str:
    """What the doubt is about: between IB-3 and IB-9, or whether it is IB-3 at all."""
    if len(names) < 2:  # noqa: PLR2004 - one candidate alone
        return f"{names[0]}, or an issue of its own"
    close = similarities[0] - similarities[1] < CLOSE
    return f"between {names[0]} and {names[1]}, {'nothing tells them apart' if close else 'the first is nearer'}"
