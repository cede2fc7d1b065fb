"""The list of issues, ranked: one page of it, what surrounds it, and what several picked ones are worth together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session

from bridge.analysis.ranking import portfolio_of_records
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.analysis.value import UNIDENTIFIED
from bridge.ranked import records
from bridge.service.access import Actor, Permission, require
from bridge.service.issue_board import Board, asked, current
from bridge.service.issue_entries import Entry
from bridge.service.issue_filters import Filters, matching
from bridge.service.issue_money import SUM_OF, Sight, band, sight_of
from bridge.service.issue_review import Review, review_of
from bridge.service.issue_rows import Row, rows_of
from bridge.service.saved_views import View, views_of
from bridge.store.ranking import first_run

PAGE = 50


@dataclass(frozen=True, slots=True)
class Basis:
    """What the figures rest on. ``pending``: issues that changed since, to be ranked by the next sync."""

    as_of: datetime
    config_version: int
    snapshot: str
    pending: int


@dataclass(frozen=True, slots=True)
class Past:
    """An old ranking: that of ``day``, or the last before it. ``first`` is that of the first there is."""

    day: date
    ranked_at: datetime | None
    first: datetime | None


@dataclass(frozen=True, slots=True)
class IssueList:
    """``total`` match the filters, ``all`` there are. ``tones``: (tone, segments) for the legend.

    ``unsorted``: tickets that stand alone and were placed by nobody, and their share of all tickets.
    ``known``: the words that tickets use, by filter. ``past`` None: it is the current ranking.
    """

    rows: tuple[Row, ...]
    filters: Filters
    total: int
    all: int
    page: int
    pages: int
    thin: int
    unsorted: int
    unsorted_share: float
    currency: str
    sight: Sight
    basis: Basis | None
    review: Review | None
    views: tuple[View, ...]
    segments: tuple[str, ...]
    tones: tuple[tuple[int, tuple[str, ...]], ...]
    known: dict[str, tuple[str, ...]]
    past: Past | None


@dataclass(frozen=True, slots=True)
class Together:
    """Several issues: an account is lost once. ``overlap`` is what adding them would count twice, None if unseen."""

    count: int
    currency: str
    amount: float | None = None
    overlap: float | None = None
    band: str | None = None


def board(session: Session, actor: Actor, filters: Filters, page: int = 1, *, at: datetime) -> IssueList:
    """A page of fifty. A page that is not there is the last one."""
    require(actor, Permission.READ_CLUSTERS)
    now, sight = asked(session, filters.day, at), sight_of(actor)
    found = matching(now, filters)
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, page), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    first = page == 1
    return IssueList(
        rows=rows_of(session, actor, now, shown, filters, at.astimezone(UTC).date()),
        filters=filters,
        total=len(found),
        all=len(now.entries),
        page=page,
        pages=pages,
        unsorted=sum(e.unsorted for e in now.entries),
        unsorted_share=_unsorted_share(now),
        thin=sum(THIN_EVIDENCE in e.summary.get("badges", ()) for e in shown),
        currency=now.currency,
        sight=sight,
        basis=_basis(now),
        review=review_of(session, now, sight) if first and now.run else None,
        views=views_of(session, actor, now),
        segments=tuple(now.tones),
        tones=_legend(now),
        known={name: _known(now, name) for name in ("area", "type", "suppliers")},
        past=_past(session, now, filters),
    )


def everything(session: Session, actor: Actor, filters: Filters, *, at: datetime) -> IssueList:
    """The whole filtered list, for an export."""
    require(actor, Permission.READ_CLUSTERS)
    now, sight = asked(session, filters.day, at), sight_of(actor)
    found = matching(now, filters)
    rows = rows_of(session, actor, now, found, filters, at.astimezone(UTC).date())
    return IssueList(
        rows=rows,
        filters=filters,
        total=len(found),
        all=len(now.entries),
        page=1,
        pages=1,
        thin=0,
        unsorted=0,
        unsorted_share=0.0,
        currency=now.currency,
        sight=sight,
        basis=_basis(now),
        review=None,
        views=(),
        segments=(),
        tones=(),
        known={},
        past=None,
    )


def together(session: Session, actor: Actor, ids: Sequence[int], *, at: datetime) -> Together:
    """What the picked issues put at risk together, as far as the reader may see it."""
    require(actor, Permission.READ_CLUSTERS)
    now, sight = current(session, at), sight_of(actor)
    picked = [id_ for id_ in dict.fromkeys(ids) if id_ in now.by_id]
    if sight is Sight.NONE or now.run is None:
        return Together(len(picked), now.currency)
    found = portfolio_of_records([record.explanation for record in records(session, now.run, picked).values()])
    if sight is Sight.ALL:
        return Together(len(picked), now.currency, found.amount, found.overlap)
    if found.accounts < SUM_OF:
        return Together(len(picked), now.currency, band=band(found.amount))
    return Together(len(picked), now.currency, found.amount)


def _basis(now: Board) -> Basis | None:
    if now.run is None:
        return None
    pending = sum(e.changed for e in now.entries)
    return Basis(now.run.as_of, now.run.config_version, now.run.snapshot, pending)


def _past(session: Session, now: Board, filters: Filters) -> Past | None:
    if not now.past or filters.day is None:
        return None
    first = None if now.run else first_run(session)
    return Past(filters.day, now.run.as_of if now.run else None, first.as_of if first else None)


def _known(now: Board, name: str) -> tuple[str, ...]:
    """By name; ``suppliers`` are several of an issue."""
    words: set[str] = set()
    for e in now.entries:
        said = getattr(e, name)
        words.update(said if isinstance(said, tuple) else (said,) if said else ())
    return tuple(sorted(words))


def _unsorted_share(now: Board) -> float:
    tickets = sum(e.tickets for e in now.entries)
    return sum(e.unsorted for e in now.entries) / tickets if tickets else 0.0


def _legend(now: Board) -> tuple[tuple[int, tuple[str, ...]], ...]:
    by_tone: dict[int, list[str]] = {}
    for name, tone in now.tones.items():
        by_tone.setdefault(tone, []).append(name)
    shown = [(tone, tuple(names)) for tone, names in sorted(by_tone.items())]
    return (*shown, (0, (UNIDENTIFIED,)))


def entry_of(session: Session, cluster_id: int, at: datetime) -> Entry | None:
    """An issue of the board, for other read models; it holds money and account keys."""
    return current(session, at).by_id.get(cluster_id)
