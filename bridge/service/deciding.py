"""What deciding about one issue's place would do, before it is saved. Rule: it writes nothing and estimates nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlmodel import Session

from bridge.analysis.exposure import total
from bridge.analysis.review import TOP
from bridge.analysis.uncertainty import THIN_EVIDENCE
from bridge.service.access import Actor, Permission, may, require
from bridge.service.card import issue_card
from bridge.service.card_view import Card
from bridge.service.clusters import living
from bridge.service.issue_board import current
from bridge.service.issue_score import ranked_if
from bridge.service.scored import Scored, scored
from bridge.service.sticky import USUAL, Held, held_of
from bridge.store.sticky import held
from bridge.words import Hold, Severity, display_id


@dataclass(frozen=True, slots=True)
class Effect:
    """What a severity would make of the score; "" is what the tickets say. ``score`` None: not for this reader."""

    severity: str
    score: float | None
    rank: int


@dataclass(frozen=True, slots=True)
class Choices:
    """``thin``: by itself it never enters the Top 10. ``pins`` of ``most`` are taken, this issue's own left out.
    ``card`` is what agents see, before and after: none of this is told to them.
    """

    id: str
    title: str
    rank: int | None
    in_top: bool
    thin: bool
    held: tuple[Held, ...]
    severity: str | None
    currency: str
    score: float | None
    effects: tuple[Effect, ...]
    pins: int
    most: int
    today: date
    usual: date
    card: Card


def choices(session: Session, actor: Actor, cluster_id: int, *, at: datetime) -> Choices:
    """Raises UnknownId, Forbidden."""
    require(actor, Permission.DECIDE_CLUSTERS)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    board, found = current(session, at), scored(session, id_)
    entry, sees = board.by_id.get(id_), may(actor, Permission.READ_VALUE)
    return Choices(
        id=display_id(id_),
        title=cluster.title,
        rank=found.score.rank if found else None,
        in_top=entry is not None and entry.in_top,
        thin=found is not None and THIN_EVIDENCE in found.record["badges"],
        held=held_of(session, actor, id_, at),
        severity=found.severity if found else None,
        currency=board.currency,
        score=found.score.score if found and sees else None,
        effects=_effects(session, found, sees=sees) if found else (),
        pins=len(held(session, Hold.PIN, at) - {id_}),
        most=TOP,
        today=at.astimezone(UTC).date(),
        usual=at.astimezone(UTC).date() + USUAL,
        card=issue_card(session, actor, id_, at=at),
    )


def _effects(session: Session, found: Scored, *, sees: bool) -> tuple[Effect, ...]:
    """Each severity, and none set, with all else as in the newest ranking."""
    tried = []
    for severity in (None, *Severity):
        changed = replace(found.snapshot, override=severity)
        tried.append((severity.value if severity else "", total(changed.lines(changed.exposures()).values())))
    return tuple(Effect(one.name, one.score if sees else None, one.rank) for one in ranked_if(session, found, tried))
