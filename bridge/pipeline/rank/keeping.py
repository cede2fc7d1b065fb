"""The tickets of every cluster as numbers, kept from ranking to ranking: only what changed is read again.

Rule: what comes out is the same as if all were read anew. What is kept is used only if its fingerprint, its checksums
and the number of memberships are right; whatever is not is read again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlmodel import Session

from bridge.analysis.telling import NUMBERS, OURS, SEVERITIES, Numbers, Pile, Telling, TicketNumbers, pile_of, telling
from bridge.analysis.weeks import SPAN
from bridge.pipeline.rank.people import People
from bridge.ranked.records import telling_of
from bridge.store import rank_rows
from bridge.store.rank_cache import WHOLE
from bridge.store.rank_rows import CacheRow, Mark, ToldRow
from bridge.store.ranking import SignalRow
from bridge.words import TicketStatus

RECENT = np.dtype([("who", "<i4"), ("created", "<f8")])
CRC = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """A cluster's tickets in numbers; ``pile`` None: nothing of it has changed. ``told_id`` None: not stored yet.

    The counts are as in RowFacts and RankCache; ``recent`` are the tickets that the columns of a list may show.
    """

    cluster_id: int
    told: Telling
    told_id: int | None
    placed: int
    members: int
    tickets: int
    open_tickets: int
    first_at: float
    recent: Numbers
    pile: Pile | None = None

    def row(self, told_id: int) -> dict[str, Any]:
        """As a row of RankCache."""
        assert self.pile is not None, "only what changed is stored"
        pile, recent = self.pile.rows.tobytes(), self.recent.tobytes()
        row = {
            "cluster_id": self.cluster_id,
            "told_id": told_id,
            "placed": self.placed,
            "members": self.members,
            "tickets": self.tickets,
            "open_tickets": self.open_tickets,
            "first_at": self.first_at,
            "recent": recent,
            "pile": zlib.crc32(pile).to_bytes(CRC, "big") + pile,
        }
        told = ToldRow(told_id, self.cluster_id, list(self.told.keys), self.told.rows.tobytes(), *_plain(self.told))
        counts = (self.placed, self.members, self.tickets, self.open_tickets, self.first_at, recent)
        return {**row, "crc": _crc(CacheRow(told, 0, *counts))}


@dataclass
class Keeping:
    """All clusters with tickets, and what is to be written so that the next ranking need not read them."""

    clusters: dict[int, Kept]
    fingerprint: str
    at: float
    seen: list[Mark]
    pending: set[tuple[int, int]] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    companies: dict[str, str] = field(default_factory=dict)
    cold: bool = False
    read: int = 0
    """Tickets that were read from the tickets themselves."""

    def state_after(self, run: int) -> str:
        """What the kept numbers are good for once ``run`` is stored."""
        return json.dumps({"of": self.fingerprint, "run": run, "at": self.at, "companies": self.companies})


@dataclass
class Reader:
    """Reads for one instant. ``cuts``: the release of each cluster that has one, as epoch seconds. ``before``: the id
    of the run that changes are told against.
    """

    session: Session
    people: People
    now: float
    cuts: Mapping[int, float | None]
    before: int | None

    def keep(self, *, cold: bool = False) -> Keeping:
        """``cold``: read all tickets, whatever is kept."""
        found = Keeping({}, self.people.fingerprint(), self.now, rank_rows.marks(self.session))
        known = json.loads(rank_rows.state(self.session) or "{}")
        found.companies = dict(self.people.companies)
        same = known.get("of") == found.fingerprint and known.get("run") == self.before
        if cold or self.before is None or not same or known["at"] > self.now:
            self._read_all(found)
        else:
            self._read_changes(found, known.get("companies", {}))
        return found

    def _read_all(self, found: Keeping) -> None:
        found.cold = True
        found.gone = {row.told.cluster_id for row in rank_rows.cache_rows(self.session)}
        self._read_whole(found, None, self._told(None))

    def _told(self, ids: Sequence[int] | None) -> dict[int, tuple[int, Telling]]:
        """What the run before told of these clusters, or of all, with the row's id."""
        rows = rank_rows.told_of_run(self.session, self.before, ids) if self.before else {}
        return {id_: (row.id, telling_of(row)) for id_, row in rows.items()}

    def _read_changes(self, found: Keeping, companies: Mapping[str, str]) -> None:
        rows = rank_rows.cache_rows(self.session)
        before = {row.told.cluster_id: telling_of(row.told) for row in rows}
        marked: dict[int, set[int]] = {}
        for mark in found.seen:
            marked.setdefault(mark.cluster_id, set()).add(mark.ticket_id)
        moved_on = {name for name, _ in companies.items() ^ found.companies.items()}
        for cluster_id, ticket_id in rank_rows.places_of_domains(self.session, moved_on):
            marked.setdefault(cluster_id, set()).add(ticket_id)
        placed = rank_rows.placed(self.session)
        whole = {id_ for id_, tickets in marked.items() if WHOLE in tickets or id_ not in before}
        whole |= placed.keys() - before.keys()
        for row in rows:
            id_ = row.told.cluster_id
            lost = id_ not in marked and row.placed != placed.get(id_, 0)
            if lost or row.crc != _crc(row):
                whole.add(id_)
            elif id_ not in whole:
                found.clusters[id_] = _kept(row, before[id_])
        moved = {id_ for id_, kept in found.clusters.items() if kept.told.cut != self.cuts.get(id_)}
        partly = {id_ for id_ in found.clusters if id_ in marked or id_ in moved}
        changed = rank_rows.signals_of_tickets(self.session, {t for id_ in partly for t in marked.get(id_, ())})
        found.read = len(changed)
        for id_, data in rank_rows.piles(self.session, partly):
            pile = _pile(found.clusters[id_].told.keys, data)
            if pile is None:
                whole.add(id_)
            else:
                self._change(found, id_, pile, sorted(marked.get(id_, ())), changed, placed.get(id_, 0))
        for id_ in whole:
            found.clusters.pop(id_, None)
        found.gone |= whole
        self._read_whole(found, sorted(whole), self._told(sorted(whole)), placed)

    def _change(
        self,
        found: Keeping,
        id_: int,
        pile: Pile,
        ids: Sequence[int],
        changed: Mapping[int, SignalRow],
        placed: int,
    ) -> None:
        """Put what is so now in place of the tickets ``ids``."""
        here = [row for ticket in ids if (row := changed.get(ticket)) is not None and row.cluster_id == id_]
        now, touched = pile.change(ids, self._numbers(found, here))
        kept = found.clusters.pop(id_)
        cut = self.cuts.get(id_)
        told = telling(now, cut, kept.told, touched if cut == kept.told.cut else None)
        self._put(found, id_, now, told, (kept.told_id or 0, kept.told), placed)

    def _read_whole(
        self,
        found: Keeping,
        ids: Sequence[int] | None,
        before: Mapping[int, tuple[int, Telling]],
        placed: Mapping[int, int] | None = None,
    ) -> None:
        placed = rank_rows.placed(self.session) if placed is None else placed
        for id_, rows in rank_rows.signals_by_cluster(self.session, ids):
            found.read += len(rows)
            pile = pile_of(self._numbers(found, rows))
            stored = before.get(id_)
            told = telling(pile, self.cuts.get(id_), stored[1] if stored else None)
            self._put(found, id_, pile, told, stored, placed.get(id_, 0))

    def _put(
        self, found: Keeping, id_: int, pile: Pile, told: Telling, stored: tuple[int, Telling] | None, placed: int
    ) -> None:
        if not len(pile.rows):
            found.gone.add(id_)
            return
        found.gone.discard(id_)
        mine = pile.rows[pile.rows["who"] != OURS]
        recent = mine[mine["created"] >= self.now - SPAN]
        found.clusters[id_] = Kept(
            cluster_id=id_,
            told=told,
            told_id=stored[0] if stored and told.same(stored[1]) else None,
            placed=placed,
            members=len(pile.rows),
            tickets=len(mine),
            open_tickets=int(mine["open"].sum()),
            first_at=float(mine["created"].min()) if len(mine) else 0.0,
            recent=_recent(recent),
            pile=pile,
        )

    def _numbers(self, found: Keeping, rows: Iterable[SignalRow]) -> list[TicketNumbers]:
        """Of the tickets that exist at this instant; of the others the marks stay."""
        numbers = []
        severity_of = {p: SEVERITIES.index(s) for p, s in self.people.strangers.config.priority_severity.items()}
        for row in rows:
            created = row.created_at.timestamp()
            if created > self.now:
                found.pending.add((row.cluster_id, row.ticket_id))
                continue
            numbers.append(
                TicketNumbers(
                    row.ticket_id,
                    self.people.key_of(row),
                    severity_of[row.priority],
                    TicketStatus(row.status).is_open,
                    row.q,
                    created,
                    row.last_customer_at.timestamp(),
                )
            )
        return numbers


def told_row(cluster_id: int, told: Telling) -> dict[str, Any]:
    """As a row of RankTold."""
    return {
        "cluster_id": cluster_id,
        "keys": list(told.keys),
        "numbers": told.rows.tobytes(),
        "cut": told.cut,
        "tickets": told.tickets,
        "confidence": told.confidence,
    }


def _plain(told: Telling) -> tuple[float | None, int, float]:
    return told.cut, told.tickets, told.confidence


def _recent(rows: Numbers) -> Numbers:
    found = np.zeros(len(rows), RECENT)
    found["who"], found["created"] = rows["who"], rows["created"]
    return found


def _kept(row: CacheRow, told: Telling) -> Kept:
    counts = (row.placed, row.members, row.tickets, row.open_tickets, row.first_at)
    return Kept(row.told.cluster_id, told, row.told.id, *counts, np.frombuffer(row.recent, RECENT))


def _pile(keys: tuple[str, ...], data: bytes) -> Pile | None:
    """None for one that is not as it was written."""
    if int.from_bytes(data[:CRC], "big") != zlib.crc32(data[CRC:]) or (len(data) - CRC) % NUMBERS.itemsize:
        return None
    return Pile(keys, np.frombuffer(data[CRC:], NUMBERS))


def _crc(row: CacheRow) -> int:
    told = row.told
    plain = [told.id, told.cluster_id, told.cut, told.tickets, told.confidence]
    counts = [row.placed, row.members, row.tickets, row.open_tickets, row.first_at]
    found = zlib.crc32("\n".join(told.keys).encode(), zlib.crc32(json.dumps([plain, counts]).encode()))
    return zlib.crc32(row.recent, zlib.crc32(told.numbers, found))
