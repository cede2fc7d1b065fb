"""Words and roles of connectors that tell people something: by mail, in a chat, to another program.

Rule: the key names the message towards the other side, so that a second send of it is the same message there, or can
be looked for before it is sent again; ``create_guarantee`` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from connectors.base import Connector, CreateGuarantee, Ref

Channel = Literal["email", "slack", "webhook"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one reader, the same bytes at every try: ``at`` (aware UTC) is when it was written, not sent.

    ``to`` is a mail address; None: whoever reads where the connection writes to by itself. ``text`` is plain; ``html``
    says the same. ``url`` is the page it is about, ``unsubscribe`` the address that ends such messages. ``data`` is for
    programs: JSON types.
    """

    subject: str
    text: str
    at: datetime
    to: str | None = None
    html: str | None = None
    url: str | None = None
    unsubscribe: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Notifier(Connector, Protocol):
    """``create_guarantee``: ``client_id`` where the other side knows our key and drops a repetition, a lookup where
    ``find_notice`` answers (SearchableNotifier), else ``none``.
    """

    channel: Channel

    @property
    def create_guarantee(self) -> CreateGuarantee: ...

    def send(self, notice: Notice, *, key: str) -> Ref: ...


@runtime_checkable
class SearchableNotifier(Notifier, Protocol):
    def find_notice(self, notice: Notice, *, key: str) -> Ref | None:
        """Where the message with this key stands, None if it surely is not there."""
        ...
