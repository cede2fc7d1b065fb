"""Parts of a sum in whole units, rounded so that what is shown adds up (DESIGN.md section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence


def whole_parts(parts: Sequence[float]) -> list[int]:
    """Each part, none below 0, rounded up or down by the largest remainder: they sum to the rounded sum.

    Among equal remainders the earlier part is rounded up.
    """
    floors = [math.floor(part) for part in parts]
    missing = math.floor(math.fsum(parts) + 0.5) - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
    raised = set(by_remainder[:missing])
    return [floor + (i in raised) for i, floor in enumerate(floors)]
