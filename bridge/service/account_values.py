"""The values of one account: who told which when, and a person's own word for one of them.

Rule: a person's word counts before every file and every desk until it is withdrawn, and says why it is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.account_rows import read_value
from bridge.analysis.cells import CellError, description
from bridge.analysis.origins import FIELDS, Kind, Said, Told
from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.reranking import rank_after_decision
from bridge.store.account_writes import account_columns, keep_told, told_of, update_accounts
from bridge.store.events import Event, record
from bridge.store.sync import bump

CHANGED = "account.changed"
UPLIFT = ("strategic_uplift", "strategic_reason", "strategic_expires")
EDITABLE = tuple(field for field in FIELDS if field not in (*UPLIFT, "currency"))
"""What a person may set one by one; an uplift is set with its reason and its end."""


@dataclass(frozen=True, slots=True)
class SaidOf:
    """What one source told. ``value`` as the account's column holds it."""

    value: Any
    source: str
    as_of: datetime
    kind: str
    note: str | None
    stale: bool


@dataclass(frozen=True, slots=True)
class KnownValue:
    """``counts`` is what the account is taken for; None: nobody told. ``others`` are told and do not count."""

    field: str
    title: str
    counts: SaidOf | None
    others: tuple[SaidOf, ...]


def known_values(session: Session, account_id: int, *, at: datetime) -> tuple[list[KnownValue], dict[str, str]]:
    """Every field with its sources, and by field that the score reads whether it is known, stale or imputed."""
    _, told = _told(session, account_id)
    found = []
    for field, title in FIELDS.items():
        said = [_said_of(one, at) for one in told.all_said(field)]
        found.append(KnownValue(field, title, said[0] if said else None, tuple(said[1:])))
    return found, told.quality(at)


def set_value(
    session: Session, actor: Actor, account_id: int, field: str, text: str, why: str, *, at: datetime
) -> Event:
    """A person's word for one field, as an accounts file would write it; "" withdraws it. Raises ServiceError."""
    require(actor, Permission.EDIT_VALUES)
    if field not in EDITABLE:
        raise ServiceError(f"there is no field {field[:40]!r} to set: choose one of {', '.join(EDITABLE)}")
    return _set(session, actor, account_id, {field: _read(field, text)}, why, at)


def set_uplift(
    session: Session, actor: Actor, account_id: int, amount: str, reason: str, until: str, *, at: datetime
) -> Event:
    """Declare what the account is worth beyond its revenue, a year, why and until which day; "" as amount withdraws
    it. Another one takes its place. Raises ServiceError.
    """
    require(actor, Permission.EDIT_VALUES)
    if not amount.strip():
        return _set(session, actor, account_id, dict.fromkeys(UPLIFT), reason, at)
    values = {field: _read(field, text) for field, text in zip(UPLIFT, (amount, reason, until), strict=True)}
    if values["strategic_uplift"] and not values["strategic_reason"]:
        raise ServiceError("an uplift needs its reason: say what the account is worth beyond what it pays")
    if values["strategic_uplift"] and not values["strategic_expires"]:
        raise ServiceError("an uplift needs its last day, YYYY-MM-DD: nobody remembers to take it away")
    if values["strategic_expires"] and values["strategic_expires"] < at.date():
        raise ServiceError("the last day of the uplift is over already: choose a later one")
    return _set(session, actor, account_id, values, reason, at)


def _set(session: Session, actor: Actor, account_id: int, values: Mapping[str, Any], why: str, at: datetime) -> Event:
    reason = _text(why)
    if not reason:
        raise ServiceError("say why: this counts before every import until somebody withdraws it")
    columns, told = _told(session, account_id)
    before = {field: _plain(told.said(Kind.MANUAL, field)) for field in values}
    differs = [told.say(Kind.MANUAL, field, value, actor.name, at) for field, value in values.items()]
    after = {field: _plain(told.said(Kind.MANUAL, field)) for field in values}
    if not any(differs) and all(value is None for value in values.values()):
        raise ServiceError("nobody has set this by hand: there is nothing to withdraw")
    update_accounts(
        session, [{"id": account_id, **told.columns(), "source": actor.name, "as_of": told.as_of(columns["as_of"])}]
    )
    keep_told(session, {account_id: told.to_json()})
    event = record(
        session,
        CHANGED,
        f"account:{account_id}",
        actor=actor.name,
        at=at,
        before=before,
        after=after,
        reason=reason,
    )
    bump(session, "accounts")
    rank_after_decision(session, at)
    return event


def _told(session: Session, account_id: int) -> tuple[dict[str, Any], Told]:
    session.flush()
    columns = account_columns(session, [account_id]).get(account_id)
    if columns is None:
        raise UnknownId(f"there is no account {account_id}")
    kept = told_of(session, {account_id: columns}).get(account_id)
    if kept is None:
        return columns, Told.of_columns(columns, columns["source"], columns["as_of"])
    return columns, Told(kept)


def _read(field: str, text: str) -> Any:
    try:
        return read_value(field, text)
    except CellError as error:
        raise ServiceError(str(error)) from error


def _text(why: str) -> str:
    try:
        return description("why", why)
    except CellError as error:
        raise ServiceError(str(error)) from error


def _plain(said: Said | None) -> Any:
    """As an event keeps it."""
    if said is None:
        return None
    return said.value.isoformat() if hasattr(said.value, "isoformat") else said.value


def _said_of(said: Said, at: datetime) -> SaidOf:
    return SaidOf(said.value, said.source, said.as_of, said.kind.value, said.note, said.is_stale(at))
