"""Fields of a help desk that carry value -> values of accounts, as far as the configuration maps them.

Rule: a desk's word counts after a person's and a file's; a value that cannot be read is set aside and costs itself
alone. A ticket tells of accounts that are known; only a desk's own list of organisations makes new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.account_rows import NAME, read_value
from bridge.analysis.cells import CellError, domain, external_id, name
from bridge.analysis.origins import Kind, Told
from bridge.analysis.redaction import redact
from bridge.analysis.resolution import Directory
from bridge.store.account_writes import (
    account_columns,
    account_keys_of,
    insert_accounts,
    keep_told,
    set_account_keys,
    told_of,
    update_accounts,
)
from bridge.store.events import record
from bridge.store.intake import Aside, resolve_aside, set_aside
from bridge.store.ranking import account_keys
from bridge.store.sync import bump

STREAM = "accounts"
EXCERPT = 100


@dataclass(frozen=True, slots=True)
class Organisation:
    """What a desk says of one account. ``ref``: as its tickets name it. ``id`` and ``domains`` only of a desk that
    lists its organisations.
    """

    ref: str
    fields: Mapping[str, str]
    id: str | None = None
    domains: tuple[str, ...] = ()


@dataclass(slots=True)
class _Heard:
    """``asides`` by what could not be read."""

    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[int, set[str]]] = field(default_factory=lambda: {"external_ids": {}, "domains": {}})
    asides: list[Aside] = field(default_factory=list)


def hear(
    session: Session, connection: str, found: Iterable[Organisation], mapping: Mapping[str, str], at: datetime
) -> tuple[int, int]:
    """Keep what a desk tells, the last word of each account; (accounts that changed, values set aside).

    ``mapping``: name of the desk's field (in any case) -> column of the account.
    """
    organisations = list(found)
    if not organisations or not mapping:
        return 0, 0
    wanted = {t.casefold(): "segment_named" if ours == "segment" else ours for t, ours in mapping.items()}
    directory = Directory.build(*account_keys(session))
    heard = _Heard()
    made = 0
    for one in organisations:
        values = _values(connection, one, wanted, heard)
        account_id = directory.resolve(f"{connection}:{one.id}", None) if one.id else None
        account_id = account_id or directory.resolve(one.ref, None)
        if account_id is None and one.id and values:
            account_id = _new(session, connection, one, at, heard)
            made += account_id is not None
        if account_id is not None:
            heard.values.setdefault(account_id, {}).update(values)
            _keys(connection, one, account_id, heard)
    changed = _store(session, connection, heard, at) + made
    resolve_aside(session, connection, STREAM, [one.id or one.ref for one in organisations], at)
    set_aside(session, connection, STREAM, heard.asides, at)
    if changed:
        after = {"accounts": changed, "rejects": len(heard.asides)}
        record(session, "value.imported", f"connection:{connection}", actor="pull", at=at, after=after)
        bump(session, "accounts")
    return changed, len(heard.asides)


def _values(connection: str, one: Organisation, wanted: Mapping[str, str], heard: _Heard) -> dict[str, Any]:
    """What the mapped fields say; an empty one says that the desk does not know."""
    values = {}
    for theirs, text in one.fields.items():
        column = wanted.get(theirs.casefold())
        if column is None:
            continue
        try:
            values[column] = read_value(column, text)
        except CellError as error:
            heard.asides.append(_aside(one, f"field {theirs!r} of connection {connection!r}: {error}", text))
    return values


def _aside(one: Organisation, reason: str, text: str) -> Aside:
    excerpt = redact(text[:EXCERPT]).text
    return Aside(redact(one.id or one.ref).text, reason, hashlib.sha256(excerpt.encode()).hexdigest(), excerpt)


def _new(session: Session, connection: str, one: Organisation, at: datetime, heard: _Heard) -> int | None:
    try:
        called = name(NAME, one.ref)
    except CellError as error:
        heard.asides.append(_aside(one, str(error), one.ref))
        return None
    columns = {**Told({}).columns(), "name": called, "source": connection, "as_of": at}
    return insert_accounts(session, [columns])[called]


def _keys(connection: str, one: Organisation, account_id: int, heard: _Heard) -> None:
    if one.id is None:
        return
    try:
        heard.keys["external_ids"].setdefault(account_id, set()).add(external_id("id", f"{connection}:{one.id}"))
        own = {domain("domains", each) for each in one.domains}
    except CellError as error:
        heard.asides.append(_aside(one, str(error), ";".join(one.domains)))
        return
    heard.keys["domains"].setdefault(account_id, set()).update(own)


def _store(session: Session, connection: str, heard: _Heard, at: datetime) -> int:
    stored = account_columns(session, heard.values)
    kept = told_of(session, stored)
    rows, keep = [], {}
    for id_, values in heard.values.items():
        columns = stored[id_]
        told = Told(kept[id_]) if id_ in kept else Told.of_columns(columns, columns["source"], columns["as_of"])
        differs = [told.say(Kind.DESK, column, value, connection, at) for column, value in values.items()]
        if any(differs):
            rows.append({"id": id_, **told.columns(), "source": columns["source"], "as_of": told.as_of(at)})
        if values:
            keep[id_] = told.to_json()
    update_accounts(session, rows)
    keep_told(session, keep)
    for what, wanted in heard.keys.items():
        had = account_keys_of(session, what, wanted)
        set_account_keys(session, what, {id_: own | had.get(id_, set()) for id_, own in wanted.items()}, had)
    return len(rows)


def of_tickets(tickets: Sequence[Any], mapping: Mapping[str, str]) -> list[Organisation]:
    """What tickets (connectors' records, oldest change first) say of the account that they name."""
    fields = {theirs.casefold() for theirs in mapping}
    found = []
    for ticket in sorted(tickets, key=lambda one: one.updated_at):
        told = {name: text for name, text in ticket.attributes.items() if name.casefold() in fields}
        if ticket.account and told:
            found.append(Organisation(ticket.account, told))
    return found
