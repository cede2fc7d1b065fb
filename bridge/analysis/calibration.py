"""From similarities to chances: what people answered in this workspace says how far the model may be believed.

Rule: before ``NEEDED`` answers nothing is calibrated and pages show words; a higher similarity never means a lower
chance; borders move only a little way from the shipped ones. Pure and deterministic.
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
AUTOMATIC_FROM, REVIEW_FROM = 0.8, 0.3
"""The chances that the two borders stand for: from here without a person; below this it is not worth asking."""
MOST_MOVED = 0.08
"""How far a border may go from the shipped one."""
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
class Borders:
    """Similarities: from ``automatic`` on a ticket joins by itself, from ``review`` on a person is asked."""

    automatic: float
    review: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of one guess. ``similarity``: mean cosine to the cluster's other tickets; ``evidence`` holds
    ``second``, the cosine to the second nearest of them, where it is known.
    """

    similarity: float
    agreed: bool
    evidence: Mapping[str, float]


SHIPPED = Borders(automatic=0.67, review=0.50)
MIDDLE, SPREAD = (0.45, 0.60), (0.14, 0.20)
"""What features are measured from and in: about their mean and spread on banking77 and hwu64. A feature that is not
known counts as usual."""
PRIOR = Curve((0.25, 1.46), -0.45)
"""Where fitting starts and is drawn to, on the measured features; found on banking77 and hwu64."""
PRIOR_OF_SIMILARITY = Curve((1.27,), -0.18)
STRENGTH = 4.0
"""How much the prior weighs: an inverse variance on the measured features."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What grouping needs: where the zones begin, and how sure a placement is. ``curve`` None: words only."""

    borders: Borders = SHIPPED
    answers: int = 0
    curve: Curve | None = None

    @property
    def shows_percentages(self) -> bool:
        return self.curve is not None

    def q_of(self, similarity: float | None, zone: Zone, evidence: Mapping[str, float] | None = None) -> float:
        """Confidence of a membership, in (0, 1]. Without a curve a constant of the zone."""
        if zone is not Zone.AUTOMATIC or similarity is None:
            return BY_ZONE[zone]
        chance = self.chance_of(similarity, evidence)
        return BY_ZONE[zone] if chance is None else min(max(chance, 0.05), 0.99)

    def chance_of(self, similarity: float, evidence: Mapping[str, float] | None = None) -> float | None:
        """That a ticket belongs to a cluster, for a page; None before there are enough answers."""
        return None if self.curve is None else self.curve.chance(_measured(similarity, evidence or {}))


UNCALIBRATED = Calibration()


def calibrate(answers: Sequence[Answer], shipped: Borders = SHIPPED) -> Calibration:
    """From ``NEEDED`` answers on a curve and borders of this workspace; the order of the answers does not matter."""
    if len(answers) < NEEDED:
        return Calibration(shipped, len(answers))
    said = np.array([answer.agreed for answer in answers], dtype=np.float64)
    features = np.array([_measured(answer.similarity, answer.evidence) for answer in answers])
    by_similarity = fit(features[:, :1], said, PRIOR_OF_SIMILARITY, STRENGTH)
    return Calibration(_borders(by_similarity, shipped), len(answers), fit(features, said, PRIOR, STRENGTH))


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


def _measured(similarity: float, evidence: Mapping[str, float]) -> tuple[float, ...]:
    raw = (similarity, evidence.get("second", MIDDLE[1]))
    return tuple((value - middle) / spread for value, middle, spread in zip(raw, MIDDLE, SPREAD, strict=True))


def _borders(curve: Curve, shipped: Borders) -> Borders:
    """Where the chance reaches what a border stands for, kept near the shipped ones; on a flat curve the shipped."""
    automatic, review = (
        _near(curve.reaches(chance), border)
        for chance, border in ((AUTOMATIC_FROM, shipped.automatic), (REVIEW_FROM, shipped.review))
    )
    return Borders(automatic, min(review, automatic))


def _near(measured: float | None, shipped: float) -> float:
    if measured is None:
        return shipped
    wanted = measured * SPREAD[0] + MIDDLE[0]
    return min(max(wanted, shipped - MOST_MOVED), shipped + MOST_MOVED)


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
