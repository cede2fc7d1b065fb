"""From similarities to chances: what people answered in this workspace says how far the model may be believed.

Rule: before ``NEEDED`` answers nothing is calibrated and pages show words; nearer fellows never mean a lower chance; a
border moves only where the answers show that it matters. Pure and deterministic.

What a ticket is judged by is its second nearest fellow in the cluster, as the grouper sees it: of several measures
(mean similarity over the bar, nearest, size) it alone separated right from wrong on banking77 and hwu64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.words import Zone

Numbers = NDArray[np.float64]

NEEDED = 50
"""Answers about tickets before a percentage is shown."""
BY_ZONE: Mapping[Zone, float] = {Zone.AUTOMATIC: 0.9, Zone.REVIEW: 0.9, Zone.NEW: 0.9, Zone.CONFIRMED: 1.0}
"""Confidence without answers. A ticket in review or new is alone in its cluster: that is not in doubt."""
JOINS_FROM = 0.3
"""The chance from which a core takes in what is further out than its cores."""
ASKED_FROM = 0.1
"""The chance below which it is not worth asking a person."""
STEEP = 1.0
"""Log odds by a spread of the measure, from which the border of second fellows follows the answers. Where tickets of
one topic are told in many ways, distance says little, and the border stays.
"""
FURTHEST = 0.85
"""How far up that border goes."""
_STEPS = 60
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Curve:
    """Chance = 1 / (1 + exp(-(weights . features + offset))); the first feature is the similarity."""

    weights: tuple[float, ...]
    offset: float

    def chance(self, features: Sequence[float]) -> float:
        """Of one case, in 0..1."""
        total = sum(w * x for w, x in zip(self.weights, features, strict=True)) + self.offset
        return float(1 / (1 + np.exp(-np.clip(total, -40, 40))))

    def reaches(self, chance: float) -> float | None:
        """The value of the only feature at which the chance is reached; None on a flat curve."""
        (weight,) = self.weights
        return (float(np.log(chance / (1 - chance))) - self.offset) / weight if weight > _CLOSE else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of one guess. ``second``: cosine to the second nearest of the cluster's other tickets."""

    second: float
    agreed: bool


MIDDLE, SPREAD = 0.8, 0.1
"""What the measure is taken from and in: about its mean and spread on banking77 and hwu64."""
PRIOR = Curve((0.78,), -0.13)
"""Where fitting starts and is drawn to, on the measure; found on banking77 and hwu64, clean and with long tails."""
STRENGTH, STRENGTH_OF_BORDER = 4.0, 1.0
"""How much the prior weighs for chances and for the border: an inverse variance on the measure."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What grouping needs: how near a second fellow must be, and how sure a placement is. ``curve`` None: words only;
    ``fellow`` None: as shipped.
    """

    answers: int = 0
    curve: Curve | None = None
    fellow: float | None = None

    @property
    def shows_percentages(self) -> bool:
        return self.curve is not None

    def q_of(self, second: float | None, zone: Zone) -> float:
        """Confidence of a membership, in (0, 1]. Without a curve a constant of the zone."""
        if zone is not Zone.AUTOMATIC or second is None:
            return BY_ZONE[zone]
        chance = self.chance_of(second)
        return BY_ZONE[zone] if chance is None else round(min(max(chance, 0.05), 0.99), 3)

    def chance_of(self, second: float) -> float | None:
        """That a ticket belongs to a cluster; None before there are enough answers."""
        return None if self.curve is None else self.curve.chance([_measured(second)])

    def worth_asking(self, second: float) -> bool:
        chance = self.chance_of(second)
        return chance is None or chance >= ASKED_FROM


UNCALIBRATED = Calibration()


def calibrate(answers: Sequence[Answer], shipped: float) -> Calibration:
    """From ``NEEDED`` answers on a curve and a border of this workspace; the order of the answers does not matter.

    shipped: the border that holds without answers; it is never lowered.
    """
    if len(answers) < NEEDED:
        return Calibration(len(answers))
    said = np.array([answer.agreed for answer in answers], dtype=np.float64)
    features = np.array([[_measured(answer.second)] for answer in answers])
    steep = fit(features, said, PRIOR, STRENGTH_OF_BORDER)
    reached = steep.reaches(JOINS_FROM)
    moves = steep.weights[0] >= STEEP and reached is not None
    fellow = min(max(reached * SPREAD + MIDDLE, shipped), FURTHEST) if moves and reached is not None else None
    return Calibration(len(answers), fit(features, said, PRIOR, STRENGTH), fellow)


def fit(features: Numbers, said: Numbers, prior: Curve, strength: float) -> Curve:
    """The most likely curve (Platt 1999) with a normal prior around ``prior``, by Newton's steps; no weight below 0.

    features: shape (n, k); said: 0 or 1, shape (n,). The offset is drawn to the prior's a quarter as strongly.
    """
    start = np.array([*prior.weights, prior.offset])
    inputs = np.c_[features, np.ones(len(features))]
    pull = np.full(len(start), strength)
    pull[-1] = strength / 4
    free = np.ones(len(start), dtype=bool)
    while True:
        found = _newton(inputs[:, free], said, start[free], pull[free])
        whole = np.zeros(len(start))
        whole[free] = found
        below = free & (whole < 0)
        below[-1] = False
        if not below.any():
            return Curve(tuple(float(w) for w in whole[:-1]), float(whole[-1]))
        free &= ~below


def ece(chances: Sequence[float], said: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Naeini 2015): mean distance of chance and truth over equal bins, by their size."""
    rows = reliability(chances, said, bins)
    return sum(row.count * abs(row.chance - row.true) for row in rows) / max(len(chances), 1)


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases whose chance lies in one part of 0..1: their mean chance, the share that was true, how many."""

    chance: float
    true: float
    count: int


def reliability(chances: Sequence[float], said: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The points of a reliability diagram; empty bins are left out."""
    values, truth = np.asarray(chances, dtype=np.float64), np.asarray(said, dtype=np.float64)
    place = np.minimum((values * bins).astype(np.int64), bins - 1)
    return [
        Bin(float(values[place == b].mean()), float(truth[place == b].mean()), int((place == b).sum()))
        for b in np.unique(place)
    ]


def _measured(second: float) -> float:
    return (second - MIDDLE) / SPREAD


def _newton(inputs: Numbers, said: Numbers, start: Numbers, pull: Numbers) -> Numbers:
    """The minimum of the convex loss; halves a step that goes up, so it cannot run away."""

    def loss(at: Numbers) -> float:
        total = inputs @ at
        return float(np.sum(np.logaddexp(0, total) - said * total) + 0.5 * np.sum(pull * (at - start) ** 2))

    at = start.copy()
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(inputs @ at, -40, 40)))
        slope = inputs.T @ (chance - said) + pull * (at - start)
        bend = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        length = 1.0
        while length > _CLOSE and loss(at - length * step) > loss(at):
            length /= 2
        at = at - length * step
        if float(np.abs(length * step).max()) < _CLOSE:
            break
    return at
