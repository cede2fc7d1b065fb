"""A message to a person or a channel as an outbox row sends it.

Rule: its words are made when it leaves, so that who wants it no more, or may no more see it, is not written to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.store.outbox import OutboxRow
from connectors.base import CreateGuarantee, Permanent, Ref
from connectors.notices import Notice, Notifier, SearchableNotifier

Compose = Callable[[Session, int], Notice | None]
"""The words of a stored message as they are now; None: it is wanted no more."""


class Unwanted(Exception):
    """What was to be sent is wanted no more: its row is left unsent."""


@dataclass(frozen=True, slots=True)
class SendNotice:
    """A message to a person or a channel. Where the other side knows our key, the same message may be sent again."""

    row: OutboxRow
    notifier: Notifier
    notice: Notice

    @property
    def subject(self) -> str:
        return f"notice:{self.row.payload['notice_id']}"

    @property
    def missing(self) -> str:
        return f"{self.row.connection} does not know the reader or the channel: correct it and retry this row"

    @property
    def guarantee(self) -> CreateGuarantee:
        return self.notifier.create_guarantee

    @property
    def repeatable(self) -> bool:
        return self.guarantee.kind == "client_id"

    def send(self) -> Ref | None:
        return self.notifier.send(self.notice, key=self.row.key)

    def find(self) -> Ref | None:
        if not isinstance(self.notifier, SearchableNotifier):
            raise Permanent(f"{self.row.connection} cannot be searched")
        return self.notifier.find_notice(self.notice, key=self.row.key)

    def record(self, session: Session, ref: Ref | None, at: datetime) -> None:
        """A message leaves nothing behind but its outbox row."""
