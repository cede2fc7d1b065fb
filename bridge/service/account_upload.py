"""An accounts file that came through a page: kept for a day, tried without a trace, then imported or thrown away.

Rule: a preview is the import itself, taken back; so it cannot say anything else than what the import will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from sqlalchemy import delete
from sqlmodel import Session, col

from bridge.service.access import Actor, Permission, require
from bridge.service.account_import import import_accounts
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.import_file import ImportReport, rejected_csv
from bridge.service.reranking import rank_after_decision
from bridge.store.accounts import ImportDraft
from bridge.store.events import RECORDED

LIVES = timedelta(days=1)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Trial:
    """What an import of the file would do; nothing is changed."""

    id: int
    name: str
    report: ImportReport


def keep(session: Session, actor: Actor, name: str, data: bytes, *, at: datetime) -> int:
    """Keep a file until its person has looked at it; those of yesterday go. Raises ServiceError for an empty one."""
    require(actor, Permission.OPERATE)
    session.execute(delete(ImportDraft).where(col(ImportDraft.at) < at - LIVES))
    if not data:
        raise ServiceError("choose a file first: CSV with one row an account")
    row = ImportDraft(
        name=PurePath(name.replace("\\", "/")).name[:100] or "accounts.csv", data=data, by=actor.name, at=at
    )
    session.add(row)
    session.flush()
    return row.id or 0


def try_out(session: Session, actor: Actor, draft_id: int, *, at: datetime) -> Trial:
    """Import and take it back. Needs a transaction that may write. Raises ServiceError where the file is none."""
    require(actor, Permission.OPERATE)
    draft = _draft(session, actor, draft_id)
    recorded = list(session.info.get(RECORDED, []))
    with _file(draft) as path:
        savepoint = session.begin_nested()
        try:
            report = import_accounts(session, actor, path, at=at)
        finally:
            savepoint.rollback()
            session.info[RECORDED] = recorded
    return Trial(draft_id, draft.name, report)


def rejected(session: Session, actor: Actor, draft_id: int, *, at: datetime) -> str:
    """The rejected rows as CSV, see ``rejected_csv``."""
    found = try_out(session, actor, draft_id, at=at)
    with _file(_draft(session, actor, draft_id)) as path:
        return rejected_csv(path, found.report)


def take_in(session: Session, actor: Actor, draft_id: int, *, at: datetime) -> ImportReport:
    """Import the file and rank by it. The file stays until its day is over, for its rejected rows."""
    require(actor, Permission.OPERATE)
    with _file(_draft(session, actor, draft_id)) as path:
        report = import_accounts(session, actor, path, at=at)
    if report.changed:
        rank_after_decision(session, at)
    return report


def discard(session: Session, actor: Actor, draft_id: int) -> None:
    require(actor, Permission.OPERATE)
    session.delete(_draft(session, actor, draft_id))


def _draft(session: Session, actor: Actor, draft_id: int) -> ImportDraft:
    """Nobody sees the file of somebody else."""
    draft = session.get(ImportDraft, draft_id)
    if draft is None or draft.by != actor.name:
        raise UnknownId("this file is here no more: choose it again")
    return draft


@contextmanager
def _file(draft: ImportDraft) -> Iterator[Path]:
    with TemporaryDirectory(prefix="bridge-import-") as folder:
        path = Path(folder) / draft.name
        path.write_bytes(draft.data)
        yield path
