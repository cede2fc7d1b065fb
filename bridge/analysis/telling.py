"""The tickets of a cluster as numbers, and of those the ones that tell: that decide or date an account now or ever.

One rule: what is kept of an account depends on its tickets, the release and what was told before, never on the way
there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bridge.analysis.exposure import DAY, Evidence, strongest
from bridge.words import Severity

NUMBERS = np.dtype(
    [
        ("who", "<i4"),
        ("ticket", "<i8"),
        ("severity", "u1"),
        ("open", "u1"),
        ("q", "<f8"),
        ("created", "<f8"),
        ("signal", "<f8"),
    ]
)
"""A ticket: the place of its account among the keys, its id, severity 0..3, and instants as UTC epoch seconds."""
OURS = -1
"""Stands for the account of our own people's tickets, which count as members and nowhere else."""
RECENT = 12 * 7 * DAY
SEVERITIES = tuple(map(str, Severity))

Numbers = NDArray[Any]


class TicketNumbers(NamedTuple):
    """A ticket as it is read; ``key`` None: of our own people."""

    ticket: int
    key: str | None
    severity: int
    is_open: bool
    q: float
    created: float
    signal: float


@dataclass(frozen=True, slots=True)
class Pile:
    """All tickets of a cluster, by id; ``keys`` in their order."""

    keys: tuple[str, ...]
    rows: Numbers

    def change(self, gone: Collection[int], new: Sequence[TicketNumbers]) -> tuple[Pile, set[str]]:
        """Without the tickets ``gone`` and with the ``new`` ones, which may be the same anew; and whose they are."""
        out = among(self.rows["ticket"], np.array(sorted({*gone, *(t.ticket for t in new)}), np.int64))
        touched = {self.keys[who] for who in np.unique(self.rows["who"][out]).tolist() if who != OURS}
        touched |= {t.key for t in new if t.key is not None}
        names = list(dict.fromkeys((*self.keys, *sorted(touched))))
        place = {name: at for at, name in enumerate(names)}
        added = [_row(t, OURS if t.key is None else place[t.key]) for t in new]
        rows = np.concatenate([self.rows[~out], np.array(added, NUMBERS)])
        return _in_order(names, rows), touched


def among(ids: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which ids are among the known ones, which are in their order."""
    if not len(known):
        return np.zeros(len(ids), bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, ids), len(known) - 1)] == ids)


def pile_of(tickets: Iterable[TicketNumbers]) -> Pile:
    places: dict[str, int] = {}
    rows = [_row(t, OURS if t.key is None else places.setdefault(t.key, len(places))) for t in tickets]
    return _in_order(list(places), np.array(rows, NUMBERS))


def _row(t: TicketNumbers, who: int) -> tuple[int, int, int, bool, float, float, float]:
    if not 0 < t.q <= 1:
        raise ValueError(f"ticket {t.ticket} has membership confidence {t.q}: it must lie in (0, 1]")
    return who, t.ticket, t.severity, t.is_open, t.q, t.created, t.signal


def _in_order(names: Sequence[str], rows: Numbers) -> Pile:
    """Keys that nobody has any more are left out."""
    used = sorted(names[who] for who in np.flatnonzero(np.bincount(rows["who"] + 1)[1:]).tolist())
    place = {name: at for at, name in enumerate(used)}
    moved = np.array([*(place.get(name, OURS) for name in names), OURS], np.int32)
    rows["who"] = moved[rows["who"]]
    return Pile(tuple(used), rows[np.argsort(rows["ticket"], kind="stable")])


@dataclass(frozen=True, slots=True)
class Telling:
    """What a ranking keeps of a cluster: the telling tickets by account and id, and of all that count after the release
    ``cut`` (epoch seconds) their number and the sum of their confidences.
    """

    keys: tuple[str, ...]
    rows: Numbers
    cut: float | None
    tickets: int
    confidence: float

    def evidence(self) -> dict[str, list[Evidence]]:
        found: dict[str, list[Evidence]] = {key: [] for key in self.keys}
        for who, *numbers in self.rows.tolist():
            found[self.keys[who]].append(_evidence(numbers))
        return found

    def same(self, other: Telling) -> bool:
        plain = (self.keys, self.cut, self.tickets, self.confidence)
        return plain == (other.keys, other.cut, other.tickets, other.confidence) and np.array_equal(
            self.rows, other.rows
        )


def telling(pile: Pile, cut: float | None, before: Telling | None, touched: Collection[str] | None = None) -> Telling:
    """The telling tickets. ``before``: those that the last ranking kept; what it told of is kept once more, because
    the causes of a change are looked for there. ``touched``: the accounts that may have changed since; None: all.
    """
    rows = pile.rows[pile.rows["who"] != OURS]
    rows = rows[np.argsort(rows["who"], kind="stable")]
    counts = np.bincount(rows["who"], minlength=len(pile.keys))
    ends = np.cumsum(counts)
    keep = counts[rows["who"]] == 1
    many = [at for at in np.flatnonzero(counts > 1).tolist() if touched is None or pile.keys[at] in touched]
    if touched is not None and before is not None:
        keep |= _still(pile, rows, before, touched)
    told = _told(before, {pile.keys[at] for at in many}) if before else {}
    cuts = {each for each in (cut, before.cut if before else None) if each is not None}
    for at in many:
        begins, end = int(ends[at] - counts[at]), int(ends[at])
        tickets = [_evidence(numbers) for _, *numbers in rows[begins:end].tolist()]
        kept = condensed(tickets, cuts, told.get(pile.keys[at], ()))
        keep[begins:end] = [e.ticket_id in kept for e in tickets]
    counting = rows["signal"] > (-math.inf if cut is None else cut)
    q = rows["q"][counting].tolist()
    return Telling(pile.keys, rows[keep], cut, len(q), math.fsum(q))


def condensed(tickets: Sequence[Evidence], cuts: Collection[float], told: Collection[str]) -> set[str]:
    """Ids of one account's tickets that tell: the strongest of all and of those that count after each release, the one
    of the ranking before among them, and those told of before.
    """
    kept = {e.ticket_id for e in strongest(tickets)}
    for cut in cuts:
        counting = [e for e in tickets if e.signal > cut]
        if counting:
            kept |= {e.ticket_id for e in strongest(counting)}
    return kept | {e.ticket_id for e in tickets if e.ticket_id in told}


def _evidence(numbers: Sequence[Any]) -> Evidence:
    ticket, severity, is_open, q, created, signal = numbers
    return Evidence(str(ticket), SEVERITIES[severity], q, created, signal, bool(is_open))


def _still(pile: Pile, rows: Numbers, before: Telling, touched: Collection[str]) -> NDArray[np.bool_]:
    """What was kept of the accounts that nothing has touched."""
    calm = np.array([key not in touched for key in pile.keys], bool)
    return np.asarray(calm[rows["who"]] & among(rows["ticket"], np.sort(before.rows["ticket"])))


def _told(before: Telling, keys: Collection[str]) -> Mapping[str, set[str]]:
    """By account: the tickets that the record of the ranking before holds."""
    wanted = np.array([key in keys for key in before.keys], bool)
    rows = before.rows[wanted[before.rows["who"]]] if len(before.keys) else before.rows
    grouped: dict[str, list[Evidence]] = {}
    for who, *numbers in rows.tolist():
        e = _evidence(numbers)
        if before.cut is None or e.signal > before.cut:
            grouped.setdefault(before.keys[who], []).append(e)
    return {key: {e.ticket_id for e in strongest(tickets)} for key, tickets in grouped.items()}
