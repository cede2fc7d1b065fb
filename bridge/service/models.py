"""Which models there are, which one is in use, and asking for another. Rule: vectors of a model that is in use, or on
its way, are never deleted, and none are without a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError
from bridge.store.events import record
from bridge.store.models import Chosen, in_use, want, wanted
from bridge.store.sync import bump
from bridge.store.vectors import count_missing, count_texts, drop_model, models


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model in this workspace. ``share``: of the texts that should have a vector, those that have one of it."""

    id: str
    dim: int
    vectors: int
    bytes: int
    in_use: bool
    wanted: bool
    share: float


def list_models(session: Session, actor: Actor, serving: Chosen, wished: Chosen) -> list[ModelRow]:
    """Every model with vectors here, the one in use and the one asked for, whether they have any or not."""
    require(actor, Permission.READ_STATUS)
    found = {row.model: row for row in models(session)}
    texts = count_texts(session)
    rows = []
    for name in dict.fromkeys([serving.id, wished.id, *found]):
        size = found.get(name)
        share = 1 - count_missing(session, name) / texts if texts else 1.0
        counts = (size.dim, size.vectors, size.bytes) if size else (0, 0, 0)
        rows.append(ModelRow(name, *counts, name == serving.id, name == wished.id, share))
    return rows


def ask_for(
    session: Session, actor: Actor, model: Chosen, configured: str, *, at: datetime, reason: str | None
) -> None:
    """From now on texts get vectors of this model too; it is in use when all have one."""
    require(actor, Permission.OPERATE)
    before = in_use(session)
    want(session, model, configured)
    record(
        session,
        "model.wanted",
        "model",
        actor=actor.name,
        at=at,
        before={"model": before.id if before else None},
        after={"model": model.id},
        reason=reason,
    )


def drop(session: Session, actor: Actor, model: str, busy: Sequence[str], *, at: datetime) -> int:
    """Delete the vectors of a model that nobody needs. Returns how many. Raises ServiceError."""
    require(actor, Permission.OPERATE)
    if model in busy:
        raise ServiceError(f"{model} is in use or asked for: its vectors stay; `bridge model use` another one first")
    gone = drop_model(session, model)
    if not gone:
        there = ", ".join(row.model for row in models(session)) or "none"
        raise ServiceError(f"there are no vectors of {model!r}; there are some of: {there}")
    bump(session, "vectors")
    record(session, "model.dropped", "model", actor=actor.name, at=at, before={"model": model, "vectors": gone})
    return gone


@dataclass(frozen=True, slots=True)
class ModelState:
    """``follows`` is being embedded for, ``share`` of it is done; both None where nothing is on its way."""

    in_use: str | None
    follows: str | None
    share: float | None


def model_state(session: Session) -> ModelState:
    """For pages that tell how everything is."""
    now, next_ = in_use(session), wanted(session)
    if next_ is None or (now is not None and next_.id == now.id):
        return ModelState(now.id if now else None, None, None)
    texts = count_texts(session)
    share = 1 - count_missing(session, next_.id) / texts if texts else 1.0
    return ModelState(now.id if now else None, next_.id, share)
