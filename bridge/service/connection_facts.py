"""What the configuration says of each connection, in words for pages. Rule: no option's value but where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bridge.bootstrap import Bridge
from bridge.connecting import Connection, variable
from bridge.pipeline.pull import STREAM as TICKETS
from bridge.pipeline.track import STREAM as ISSUES
from connectors.base import CreateGuarantee
from connectors.hooks import Webhooks

_PLACES = ("project", "queues", "path")


@dataclass(frozen=True, slots=True)
class Facts:
    """One section of config.toml. ``every_s``: how often the worker reads it; ``streams``: what it reads there.

    ``hooks``: how the sender of a webhook proves itself: "signature", "secret", or None where no secret is set.
    """

    name: str
    type: str
    enabled: bool
    where: str = ""
    roles: tuple[str, ...] = ()
    does: str = ""
    streams: tuple[str, ...] = ()
    every_s: float = 0.0
    job: str = ""
    guarantee: str = ""
    hooks: str | None = None
    hook_variable: str = ""


def facts_of(bridge: Bridge) -> dict[str, Facts]:
    """Every connection of config.toml in its order, those that are switched off, too."""
    return {
        name: _facts(bridge, bridge.connections[name])
        if name in bridge.connections
        else Facts(name, own.type, enabled=False, hook_variable=variable(name, "webhook_secret"))
        for name, own in bridge.settings.connections.items()
    }


def _facts(bridge: Bridge, connection: Connection) -> Facts:
    roles, worker = connection.roles, bridge.settings.worker
    streams = [TICKETS] if "help_desk" in roles else []
    streams += [ISSUES] if "tracker" in roles else []
    minutes = worker.intake_minutes if "help_desk" in roles else worker.feedback_minutes if "tracker" in roles else 0.0
    guarantee = getattr(connection.connector, "create_guarantee", None) if _writes(roles) else None
    signs = isinstance(connection.connector, Webhooks)
    return Facts(
        name=connection.name,
        type=connection.settings.type,
        enabled=True,
        where=_where(connection.settings.options),
        roles=tuple(sorted(roles)),
        does=_does(roles),
        streams=tuple(streams),
        every_s=minutes * 60,
        job="intake" if "help_desk" in roles else "feedback" if "tracker" in roles else "",
        guarantee=_in_words(guarantee),
        hooks=None if not connection.settings.webhook_secrets else "signature" if signs else "secret",
        hook_variable=variable(connection.name, "webhook_secret"),
    )


def _writes(roles: frozenset[str]) -> bool:
    return bool(roles & {"remedy_sink", "tracker"})


def _does(roles: frozenset[str]) -> str:
    """ "reads tickets, writes notes"."""
    told = {
        "help_desk": "reads tickets",
        "remedy_sink": "writes notes",
        "tracker": "reads and writes issues",
    }
    return ", ".join(words for role, words in told.items() if role in roles)


def _where(options: Mapping[str, Any]) -> str:
    host = urlsplit(str(options.get("base_url", ""))).hostname
    places = [_shown(options[key]) for key in _PLACES if options.get(key)]
    return ", ".join([*([host] if host else []), *places])


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _in_words(guarantee: CreateGuarantee | None) -> str:
    """What happens when nobody knows whether a write has arrived."""
    if guarantee is None:
        return "read only"
    return {
        "client_id": "Same key is one thing",
        "consistent_lookup": "Looks up before it repeats",
        "eventual_lookup": f"Waits {guarantee.hold_s:.0f} s, then looks up",
        "none": "Never repeats by itself",
    }[guarantee.kind]
