"""What each kind of outbox row asks of a connector, and what its success writes down here.

One class a kind; ``write_of`` builds it from a row. A repeatable write may be sent twice without harm; any other
one can be looked for by its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from sqlmodel import Session, select

from bridge.pipeline.deliver.notice import Compose, SendNotice, Unwanted
from bridge.store.db import Database
from bridge.store.outbox import OutboxRow, TrackerLink
from bridge.store.remedies import Delivery
from bridge.store.sync import bump
from connectors.base import (
    CreateGuarantee,
    IssueDraft,
    IssueTracker,
    Permanent,
    Ref,
    RemedyMessage,
    RemedySink,
)
from connectors.notices import Notifier

WRITTEN = ("title", "body", "priority", "labels")


class Undeliverable(Permanent):
    """The row itself cannot be sent, whatever the other side says; the message says why and what to do."""


class Write(Protocol):
    """``missing``: what it means if the other side answers NotFound."""

    @property
    def subject(self) -> str: ...
    @property
    def missing(self) -> str: ...
    @property
    def guarantee(self) -> CreateGuarantee: ...
    @property
    def repeatable(self) -> bool: ...
    def send(self) -> Ref | None: ...
    def find(self) -> Ref | None: ...
    def record(self, session: Session, ref: Ref | None, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class _ToTracker:
    row: OutboxRow
    tracker: IssueTracker
    remote_id: str | None
    repeatable: ClassVar[bool] = False

    @property
    def subject(self) -> str:
        return f"cluster:{self.row.payload['cluster_id']}"

    @property
    def missing(self) -> str:
        return (
            f"issue {self.remote_id} is not there any more in {self.row.connection}: bring it back and retry this"
            " row, or discard it"
        )

    @property
    def guarantee(self) -> CreateGuarantee:
        return self.tracker.create_guarantee

    @property
    def issue_id(self) -> str:
        if self.remote_id is None:
            raise Undeliverable(
                f"{self.subject} has no issue in {self.row.connection}: its create_issue row was discarded or never"
                " made; discard this row and publish the issue again"
            )
        return self.remote_id

    def draft(self) -> IssueDraft:
        return IssueDraft.of(self.row.payload["draft"])

    def write_link(self, session: Session, ref: Ref | None, at: datetime) -> None:
        key = (self.row.payload["cluster_id"], self.row.connection)
        link = session.get(TrackerLink, key, with_for_update=True)
        link = link or TrackerLink(cluster_id=key[0], connection=key[1])
        if ref is not None:
            link.remote_id, link.url = ref.id, ref.url
            bump(session, "board")
        draft: Mapping[str, Any] = self.row.payload["draft"]
        link.previous, link.written_at = link.written, at
        link.written = {**link.written, **{name: draft[name] for name in WRITTEN if draft.get(name) is not None}}
        session.add(link)


class CreateIssue(_ToTracker):
    __slots__ = ()

    def send(self) -> Ref | None:
        return self.tracker.create_issue(self.draft(), key=self.row.key)

    def find(self) -> Ref | None:
        return self.tracker.find_issue(self.row.key)

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        self.write_link(session, ref, at)


class UpdateIssue(_ToTracker):
    __slots__ = ()
    repeatable = True

    def send(self) -> Ref | None:
        self.tracker.update_issue(self.issue_id, self.draft(), key=self.row.payload["marker"])
        return None

    def find(self) -> Ref | None:
        return None

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        del ref
        self.write_link(session, None, at)


class Comment(_ToTracker):
    __slots__ = ()

    def send(self) -> Ref | None:
        return self.tracker.comment(self.issue_id, self.row.payload["body"], key=self.row.key)

    def find(self) -> Ref | None:
        return self.tracker.find_comment(self.issue_id, self.row.key)

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        """A comment leaves nothing behind but its outbox row."""


@dataclass(frozen=True, slots=True)
class _ToTicket:
    row: OutboxRow
    sink: RemedySink
    repeatable: ClassVar[bool] = False

    @property
    def subject(self) -> str:
        return f"ticket:{self.row.payload['ticket_id']}"

    @property
    def missing(self) -> str:
        return (
            f"ticket {self.source_id} is not there any more in {self.row.connection}: discard this row, or bring the"
            " ticket back and retry"
        )

    @property
    def guarantee(self) -> CreateGuarantee:
        return self.sink.create_guarantee

    @property
    def source_id(self) -> str:
        return str(self.row.payload["source_id"])


class PushRemedy(_ToTicket):
    __slots__ = ()

    def send(self) -> Ref | None:
        return self.sink.push_remedy(self.source_id, RemedyMessage(self.row.payload["text"]), key=self.row.key)

    def find(self) -> Ref | None:
        return self.sink.find_remedy(self.source_id, self.row.key)

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        told = {name: self.row.payload[name] for name in ("ticket_id", "plan_id", "revision")}
        delivery = session.exec(select(Delivery).filter_by(**told).with_for_update()).one_or_none()
        delivery = delivery or Delivery(**told)
        delivery.outbox_key, delivery.state, delivery.at = self.row.key, "sent", at
        delivery.remote_id = ref.id if ref else None
        session.add(delivery)


class SetFields(_ToTicket):
    __slots__ = ()
    repeatable = True

    def send(self) -> Ref | None:
        self.sink.set_fields(self.source_id, self.row.payload.get("fields", {}), set(self.row.payload.get("tags", [])))
        return None

    def find(self) -> Ref | None:
        return None

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        """Fields and tags leave nothing behind but their outbox row."""


NEEDS: dict[str, tuple[str, ...]] = {
    "create_issue": ("cluster_id", "draft"),
    "update_issue": ("cluster_id", "draft"),
    "comment": ("cluster_id", "body"),
    "push_remedy": ("ticket_id", "source_id", "plan_id", "revision", "text"),
    "set_fields": ("ticket_id", "source_id"),
    "send_notice": ("notice_id",),
}
TRACKER_KINDS: dict[str, type[CreateIssue | UpdateIssue | Comment]] = {
    "create_issue": CreateIssue,
    "update_issue": UpdateIssue,
    "comment": Comment,
}
TICKET_KINDS: dict[str, type[PushRemedy | SetFields]] = {"push_remedy": PushRemedy, "set_fields": SetFields}


def write_of(db: Database, row: OutboxRow, sink: object, compose: Compose | None = None) -> Write:
    """Raises Undeliverable for an unknown kind, a payload that is not whole, or a connection without the role, and
    Unwanted.
    """
    if lacking := [name for name in NEEDS.get(row.kind, ()) if name not in row.payload]:
        raise Undeliverable(f"the payload of this {row.kind} lacks {', '.join(lacking)}: discard this row")
    if kind := TRACKER_KINDS.get(row.kind):
        if not isinstance(sink, IssueTracker):
            raise Undeliverable(f"connection {row.connection} is no issue tracker: mend its type, then retry this row")
        return kind(row, sink, _remote_id(db, row))
    if ticket_kind := TICKET_KINDS.get(row.kind):
        if not isinstance(sink, RemedySink):
            raise Undeliverable(f"connection {row.connection} takes no remedies: mend its type, then retry this row")
        return ticket_kind(row, sink)
    if row.kind == "send_notice" and compose is not None:
        return _notice(db, row, sink, compose)
    raise Undeliverable(f"unknown kind {row.kind!r}: a newer version made this row; upgrade, then retry it")


def _notice(db: Database, row: OutboxRow, sink: object, compose: Compose) -> SendNotice:
    if not isinstance(sink, Notifier):
        raise Undeliverable(f"connection {row.connection} sends no messages: mend its type, then retry this row")
    with db.read() as session:
        notice = compose(session, row.payload["notice_id"])
    if notice is None:
        raise Unwanted
    return SendNotice(row, sink, notice)


def _remote_id(db: Database, row: OutboxRow) -> str | None:
    if remote_id := row.payload.get("remote_id"):
        return str(remote_id)
    with db.read() as session:
        link = session.get(TrackerLink, (row.payload["cluster_id"], row.connection))
        return link.remote_id if link else None
