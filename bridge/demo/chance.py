"""One throw of a loaded coin, named so that shares of the sample read as shares."""

from __future__ import annotations

from random import Random


def chance(rng: Random, share: float) -> bool:
    """True in ``share`` of the throws, 0 to 1."""
    return rng.random() < share
