"""Parts of a sum, rounded so that what is shown adds up.

Rule: largest remainder; no part is off by one or more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def rounded(parts: Sequence[float]) -> list[int]:
    """Whole numbers that sum to the rounded sum of the parts."""
    floors = [math.floor(part) for part in parts]
    left = round(math.fsum(parts)) - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
    for i in order[:left]:
        floors[i] += 1
    return floors
