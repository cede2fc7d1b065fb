"""Help-desk pages -> redacted tickets. A page's rows and the cursor behind them are one transaction."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.intake import Prepared, Reading, check_record, known_names, person_key, prepare, record_hash
from bridge.analysis.lesson import read_lesson
from bridge.analysis.redaction import redact
from bridge.failpoint import failpoint
from bridge.pipeline.pull.values import STREAM as ACCOUNTS
from bridge.pipeline.pull.values import Organisation, hear, of_tickets
from bridge.progress import Progress, StepReport, silent
from bridge.store.boilerplate import learned_last
from bridge.store.db import Database
from bridge.store.events import record
from bridge.store.intake import (
    Aside,
    KnownTicket,
    TicketRows,
    bury,
    erased_requesters,
    known_tickets,
    resolve_aside,
    set_aside,
    settle_aside,
    store_tickets,
)
from bridge.store.leases import Lease, fence
from bridge.store.sync import bump, note_failure, note_success, sync_state
from connectors.base import AccountSource, AuthFailed, ConnectorError, HelpDesk, Page, Rejected, Ticket

STREAM = "tickets"
EXCERPT = 200
READ = 10_000
"""Characters of a bad record that are looked at: an excerpt is redacted before it is cut, never the other way round."""


@dataclass(frozen=True, slots=True)
class Source:
    """One help desk as pull needs it.

    ``stream`` is the cursor's name. ``file`` names the only file of an import: it is read whole every time, and what
    was set aside of it before is settled by that. ``account_fields``: which of the desk's fields carry what an account
    is worth.
    """

    name: str
    desk: HelpDesk
    reading: Reading
    stream: str = STREAM
    file: str | None = None
    account_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """A page after reading, before storing."""

    rows: list[TicketRows]
    known: Mapping[str, KnownTicket]
    gone: dict[str, datetime]
    rejected: list[Rejected]
    told: list[Organisation]


def pull(
    db: Database,
    source: Source,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
    stop: Callable[[], bool] = lambda: False,
) -> StepReport:
    """Pull every changed ticket. A connector's error ends the pull, is recorded, and leaves the cursor where it was."""
    report = StepReport("pull", source.name)
    unknown: Counter[str] = Counter()
    began = now()
    with db.read() as session:
        cursor = None if source.file else sync_state(session, source.name, source.stream).cursor
        source = replace(source, reading=replace(source.reading, lesson=read_lesson(learned_last(session))))
    try:
        seen = 0
        for page in source.desk.pull_tickets(cursor):
            batch = _read(db, source, page, report, unknown)
            _store(db, source, batch, page.cursor, lease=lease, at=now(), report=report)
            seen += len(page.items) + len(page.rejected)
            progress("pull", seen, page.total)
            if stop():
                break
        else:
            _hear_organisations(db, source, lease=lease, now=now, report=report)
            with db.write() as session:
                note_success(session, source.name, source.stream, now())
                if cursor is None:
                    settle_aside(session, source.name, source.stream, source.file, began, now())
    except ConnectorError as error:
        report.error = redact(str(error)).text
        with db.write() as session:
            auth = isinstance(error, AuthFailed)
            note_failure(session, source.name, source.stream, now(), report.error, auth=auth)
    report.notes += [_advice(source.name, word, count) for word, count in sorted(unknown.items())]
    return report


def _hear_organisations(
    db: Database, source: Source, *, lease: Lease, now: Callable[[], datetime], report: StepReport
) -> None:
    """What a desk that lists its organisations tells of them, page by page with its cursor."""
    if not source.account_fields or not isinstance(source.desk, AccountSource):
        return
    with db.read() as session:
        cursor = sync_state(session, source.name, ACCOUNTS).cursor
    for page in source.desk.pull_accounts(cursor):
        found = [Organisation(one.name, one.fields, one.id, one.domains) for one in page.items]
        with db.write() as session:
            fence(session, lease)
            _, unread = hear(session, source.name, found, source.account_fields, now())
            sync_state(session, source.name, ACCOUNTS).cursor = page.cursor
        report.failed += unread


def _advice(connection: str, word: str, count: int) -> str:
    section = f"connections.{connection}.{word.split(maxsplit=1)[0]}_map"
    return f"{count} tickets with the unknown {word}: say what it means in [{section}]"


def _read(db: Database, source: Source, page: Page[Ticket], report: StepReport, unknown: Counter[str]) -> _Batch:
    sound, rejected = _sound(page)
    latest = {item.id: item for item in sorted(sound, key=lambda item: item.updated_at)}
    report.skipped += len(sound) - len(latest)
    with db.read() as session:
        known = known_tickets(session, source.name, list(latest))
        erased = erased_requesters(session)
    gone = {item.id: item.updated_at for item in latest.values() if item.deleted}
    batch = _Batch([], known, gone, rejected, [])
    new: list[Ticket] = []
    for item in latest.values():
        if item.deleted:
            continue
        if _is_erased(item, source.reading, known.get(item.id), erased):
            report.skipped += 1
            continue
        try:
            prepared = _prepared(item, source.reading, known.get(item.id))
        except (ValueError, RecursionError) as error:
            batch.rejected.append(_rejected(item, error))
            continue
        if prepared is None:
            report.skipped += 1
            continue
        unknown.update(prepared.unknown_words)
        batch.rows.append(TicketRows(prepared.ticket, prepared.messages, prepared.events))
        new.append(item)
    batch.told = of_tickets(new, source.account_fields)
    return batch


def _sound(page: Page[Ticket]) -> tuple[list[Ticket], list[Rejected]]:
    """The page's tickets with usable ids and times, and all else."""
    sound, rejected = [], list(page.rejected)
    for item in page.items:
        try:
            check_record(item)
        except ValueError as error:
            rejected.append(_rejected(item, error))
        else:
            sound.append(item)
    return sound, rejected


def _is_erased(item: Ticket, reading: Reading, before: KnownTicket | None, erased: Mapping[str, datetime]) -> bool:
    """Whether the ticket was erased, or its requester after they wrote it: it is not even set aside."""
    if before is not None and before.stays_buried(item.updated_at):
        return True
    key = person_key(item.requester, reading.secret) if erased else None
    return key is not None and key in erased and item.created_at <= erased[key]


def _prepared(item: Ticket, reading: Reading, before: KnownTicket | None) -> Prepared | None:
    """None: there is nothing new in it. Raises ValueError or RecursionError for a record that cannot be read."""
    raw_hash = record_hash(item, reading.secret)
    if before and (before.record_hash == raw_hash or before.updated_at > item.updated_at):
        return None
    return prepare(item, reading, raw_hash)


def _rejected(item: Ticket, error: Exception) -> Rejected:
    """With the subject as excerpt: a whole record in one string would hide from redaction what it should find."""
    return Rejected(item.id, str(error), redact(item.subject[:READ], known_names(item)).text)


def _store(
    db: Database, source: Source, batch: _Batch, cursor: str, *, lease: Lease, at: datetime, report: StepReport
) -> None:
    aside = [_aside(source, item) for item in batch.rejected]
    with db.write() as session:
        fence(session, lease)
        refused = store_tickets(session, source.name, batch.rows, batch.known)
        stored = [row for row in batch.rows if row not in refused]
        aside += [_refused(row) for row in refused]
        removed = bury(session, source.name, batch.gone, at)
        set_aside(session, source.name, source.stream, aside, at)
        resolve_aside(session, source.name, source.stream, [row.source_id for row in stored], at)
        sync_state(session, source.name, source.stream).cursor = cursor
        if stored or removed:
            _log(session, source.name, batch.known, [row.source_id for row in stored], removed, at)
            bump(session, "tickets")
        _, unread = hear(session, source.name, batch.told, source.account_fields, at)
        failpoint("pull.before_commit")
    failpoint("pull.after_commit")
    report.done += len(stored) + len(removed)
    report.failed += len(aside) + unread


def _aside(source: Source, item: Rejected) -> Aside:
    digest = hmac.new(source.reading.secret, item.raw.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    excerpt = redact(item.raw[:READ].replace("\x00", "")).text[:EXCERPT]
    return Aside(redact(item.ref).text, redact(item.reason).text, digest, excerpt)


def _refused(row: TicketRows) -> Aside:
    reason = "the database refused a value of this record: look at its dates and lengths"
    return Aside(row.source_id, reason, row.ticket["record_hash"], row.ticket["subject"][:EXCERPT])


def _log(
    session: Session,
    connection: str,
    known: Mapping[str, KnownTicket],
    stored: Sequence[str],
    removed: Sequence[str],
    at: datetime,
) -> None:
    parts = {
        "ticket.ingested": [source_id for source_id in stored if source_id not in known],
        "ticket.updated": [source_id for source_id in stored if source_id in known],
        "ticket.removed": list(removed),
    }
    for kind, source_ids in parts.items():
        if source_ids:
            after = {"tickets": source_ids}
            record(session, kind, f"connection:{connection}", actor="pull", at=at, after=after)
