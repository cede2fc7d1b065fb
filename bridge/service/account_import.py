"""Accounts from a CSV file into the store. Rule: the same file a second time changes nothing.

The file is read twice: first to learn which row of an account is the last and who may have an external id, then in
batches, so that memory grows with the number of accounts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from bridge.analysis.account_rows import COLUMNS, NAME, AccountRow, read_account
from bridge.analysis.cells import CellError
from bridge.analysis.currencies import Rates
from bridge.analysis.origins import Kind, Told
from bridge.service.access import Actor, Permission, require
from bridge.service.account_segments import NamedSegments
from bridge.service.errors import ServiceError
from bridge.service.import_file import ImportReport, Row, Table, put_aside
from bridge.service.rates_import import rates
from bridge.store.account_writes import (
    account_columns,
    account_keys_of,
    insert_accounts,
    keep_told,
    set_account_keys,
    shared_domains,
    told_of,
    update_accounts,
)
from bridge.store.accounts import Account
from bridge.store.events import record
from bridge.store.ranking import account_keys, scoring_config
from bridge.store.sync import bump

STREAM = "accounts"
BATCH = 500
CONFIRM_AFTER = timedelta(days=1)
"""An unchanged value counts as seen again at most so often."""

_NEW: dict[str, Any] = {
    name: field_.get_default(call_default_factory=True)
    for name, field_ in Account.model_fields.items()
    if name not in {"id", "name", "source", "as_of"}
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a row is read by."""

    rates: Rates
    today: date


@dataclass(slots=True)
class _Survey:
    """What the first reading learned. ``owners`` and ``ids``: external ids and accounts of the store, by key."""

    ids: dict[str, int]
    owners: dict[str, str]
    last_line: dict[str, int] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    undeclared: int = 0

    def see(self, row: AccountRow, line: int) -> None:
        self.last_line[row.key] = line
        for external in row.external_ids or ():
            if external not in self.claims or self.owners.get(external) == row.key:
                self.claims[external] = row.key

    def rightful(self, external: str, *, speaks: bool) -> str:
        """Who may have it: its owner, unless the file speaks of the owner's ids and does not name it again."""
        owner = self.owners.get(external)
        if owner is not None and not (speaks and owner in self.last_line):
            return owner
        return self.claims[external]


def import_accounts(session: Session, actor: Actor, path: Path, *, at: datetime) -> ImportReport:
    """Take in accounts by the documented columns. Money of another currency is converted by the imported rates.

    A bad row is reported and set aside, the rest is imported. Raises ServiceError where the file as a whole cannot be
    accounts, Forbidden where the actor may not import.
    """
    require(actor, Permission.OPERATE)
    config = scoring_config(session)
    if config is None:
        raise ServiceError("the workspace has no scoring configuration yet: run `bridge init`")
    table = Table(path, (NAME,), COLUMNS)
    report = ImportReport(notes=table.notes)
    reading = _Reading(rates(session), at.date())
    survey = _survey(session, table, reading, report)
    segments = NamedSegments(session)
    last = _last_rows(table, reading, survey, report, segments)
    for batch in _batches(last):
        _store(session, batch, survey, report, source=f"import {table.name}", at=at)
    created = segments.create(session, actor.name, at)
    _finish_notes(session, survey, report, created)
    put_aside(session, STREAM, table, report, at)
    if report.changed or created:
        after = {"rows": report.read, "rejects": len(report.rejected), "created": report.created}
        after |= {"updated": report.updated}
        record(session, "value.imported", STREAM, actor=actor.name, at=at, after=after)
        bump(session, "accounts")
    return report


def _survey(session: Session, table: Table, reading: _Reading, report: ImportReport) -> _Survey:
    names, external, _ = account_keys(session)
    keys = {id_: name.casefold() for name, id_ in names}
    survey = _Survey({name.casefold(): id_ for name, id_ in names}, {ext: keys[id_] for ext, id_ in external})
    for row in table.rows():
        report.read += 1
        account = _parse(row, reading, report)
        if account is not None:
            survey.see(account, row.line)
    return survey


def _parse(row: Row, reading: _Reading, report: ImportReport | None) -> AccountRow | None:
    """None for a bad row, which goes to ``report`` where one is given."""
    reason = row.reason
    if row.cells is not None:
        try:
            return read_account(row.cells, reading.rates, reading.today)
        except CellError as error:
            reason = str(error)
    if report is not None:
        report.reject(row.line, reason, row.raw)
    return None


def _last_rows(
    table: Table, reading: _Reading, survey: _Survey, report: ImportReport, segments: NamedSegments
) -> Iterator[AccountRow]:
    """The rows that count: the last of each account, with external ids that it may have."""
    superseded: list[int] = []
    speaks = "external_ids" in table.columns
    for row in table.rows():
        account = _parse(row, reading, None)
        if account is None:
            continue
        if survey.last_line[account.key] != row.line:
            superseded.append(row.line)
            continue
        taken = [e for e in account.external_ids or () if survey.rightful(e, speaks=speaks) != account.key]
        if taken:
            report.reject(
                row.line, f"external_ids {taken[0]!r} belongs to another account: take it away there", row.raw
            )
            continue
        survey.undeclared += account.undeclared_uplift
        yield segments.see(account)
    report.superseded = len(superseded)
    if superseded:
        lines = ", ".join(map(str, superseded[:10]))
        report.notes.append(f"{len(superseded)} lines of accounts that come again further down do not count: {lines}")


def _batches(rows: Iterable[AccountRow]) -> Iterator[list[AccountRow]]:
    batch: list[AccountRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _store(
    session: Session, batch: Sequence[AccountRow], survey: _Survey, report: ImportReport, *, source: str, at: datetime
) -> None:
    known = {survey.ids[row.key]: row for row in batch if row.key in survey.ids}
    stored = account_columns(session, known)
    kept = told_of(session, stored)
    new = [row for row in batch if row.key not in survey.ids]
    made = {row.key: _told_by(Told({}), row, source, at)[0] for row in new}
    rows = [{"name": row.name, **_NEW, **_columns(made[row.key], source, at)} for row in new]
    ids = insert_accounts(session, rows)
    survey.ids |= {row.key: ids[row.name] for row in new}
    keep = {ids[row.name]: made[row.key].to_json() for row in new}
    changed, values = set(), []
    for id_, row in known.items():
        told = Told(kept[id_]) if id_ in kept else _before(stored[id_])
        renewed, differs = _told_by(told, row, source, at)
        columns = {"name": row.name, **_columns(renewed, source, at)}
        differs |= stored[id_]["name"] != row.name
        if differs or at - stored[id_]["as_of"] >= CONFIRM_AFTER:
            values.append({"id": id_, **columns, "source": source if differs else stored[id_]["source"]})
            keep[id_] = renewed.to_json()
        if differs:
            changed.add(id_)
    changed |= _store_keys(session, "external_ids", batch, survey, known)
    changed |= _store_keys(session, "domains", batch, survey, known)
    update_accounts(session, sorted(values, key=lambda row: row["id"]))
    keep_told(session, keep)
    report.created += len(new)
    report.updated += len(changed)
    report.unchanged += len(known) - len(changed)


def _told_by(told: Told, row: AccountRow, source: str, at: datetime) -> tuple[Told, bool]:
    """What is told when the row has spoken, and whether it said something else than the files before it."""
    as_of = datetime.combine(row.as_of, time.min, UTC) if row.as_of else at
    differs = [
        told.say(Kind.FILE, field, value, source, as_of, row.notes.get(field)) for field, value in row.values.items()
    ]
    return told, any(differs)


def _columns(told: Told, source: str, at: datetime) -> dict[str, Any]:
    return {**told.columns(), "source": source, "as_of": told.as_of(at)}


def _before(stored: Mapping[str, Any]) -> Told:
    return Told.of_columns(stored, stored["source"], stored["as_of"])


def _store_keys(
    session: Session, what: str, batch: Sequence[AccountRow], survey: _Survey, known: Mapping[int, AccountRow]
) -> set[int]:
    """Store external ids or domains; returns the known accounts whose ids or domains changed."""
    given = {survey.ids[row.key]: getattr(row, what) for row in batch}
    wanted = {id_: set(values) for id_, values in given.items() if values is not None}
    had = account_keys_of(session, what, [id_ for id_ in wanted if id_ in known])
    set_account_keys(session, what, wanted, had)
    return {id_ for id_, values in wanted.items() if id_ in known and values != had.get(id_, set())}


def _finish_notes(session: Session, survey: _Survey, report: ImportReport, segments: Sequence[str]) -> None:
    if segments:
        names = ", ".join(repr(name) for name in segments)
        report.notes.append(f"new segments, before the catch-all: {names}; look at their value_default")
    if shared := shared_domains(session):
        some = ", ".join(shared[:10])
        report.notes.append(f"{len(shared)} domains of more than one account resolve to none of them: {some}")
    if survey.undeclared:
        report.notes.append(
            f"{survey.undeclared} accounts have a strategic_uplift without strategic_reason or strategic_expires: "
            "say who declared it, why and until when"
        )
    if not report.read:
        report.notes.append("the file has a header and no rows")
