"""Which connections carry messages: what section [notices] names, else the only one of its kind.

Rule: a name that leads nowhere is refused at the start, not when the first message should leave.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.connecting import Connection
from bridge.pipeline.notify import Reach
from bridge.settings import NoticeSettings, SettingsError


def reach_of(own: NoticeSettings, connections: Mapping[str, Connection]) -> Reach:
    """Raises SettingsError."""
    able = {name: c for name, c in connections.items() if "notifier" in c.roles}
    for name in own.channels:
        if name not in able:
            raise SettingsError(f"section [notices], key 'channels': {name!r} is no enabled connection for messages")
        if able[name].connector.channel == "email":
            raise SettingsError(
                f"section [notices], key 'channels': {name!r} is mail, which has no channel: leave it out"
            )
    return Reach(_carrier("email", own.email, able), _carrier("slack", own.slack, able), own.channels)


def _carrier(channel: str, chosen: str, able: Mapping[str, Connection]) -> str | None:
    """The connection that reaches single people by this channel."""
    found = [name for name, c in able.items() if c.connector.channel == channel and _reaches_people(c)]
    if chosen and chosen not in found:
        raise SettingsError(
            f"section [notices], key {channel!r}: {chosen!r} is no enabled connection that reaches people"
        )
    if not chosen and len(found) > 1:
        named = ", ".join(found)
        raise SettingsError(f"section [notices], key {channel!r}: there are {named}: name the one that people get")
    return chosen or next(iter(found), None)


def _reaches_people(connection: Connection) -> bool:
    return bool(getattr(connection.connector, "reaches_people", True))
