"""What is wrong with a connection, in four parts: what stopped, since when, what that means, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.connecting import variable
from bridge.service.connection_facts import Facts
from bridge.store.gates import STREAM as OUTBOX
from bridge.store.sync import SyncState


@dataclass(frozen=True, slots=True)
class Trouble:
    """``since`` is the last success; None: it never worked, ``seen_at`` is when that was noticed last.

    ``said`` is the other side's or the connector's own sentence; it is redacted.
    """

    connection: str
    colour: str
    word: str
    what: str
    since: datetime | None
    seen_at: datetime | None
    effect: str
    said: str
    mend: str


def troubles_of(fact: Facts, states: Sequence[SyncState]) -> tuple[Trouble, ...]:
    """Reading before writing, refused credentials before the rest."""
    found = [_trouble(fact, state) for state in states if state.last_error]
    return tuple(sorted(found, key=lambda trouble: (trouble.colour != "red", trouble.what)))


def _trouble(fact: Facts, state: SyncState) -> Trouble:
    writing, refused = state.stream == OUTBOX, state.auth_failed_at is not None
    what = f"Writing to {fact.name}" if writing else f"Reading {state.stream} of {fact.name}"
    return Trouble(
        connection=fact.name,
        colour="amber" if writing and not refused else "red",
        word="Credentials refused" if refused else "Writes wait" if writing else "Stopped",
        what=what,
        since=state.last_success_at,
        seen_at=state.last_error_at,
        effect=_effect(state.stream),
        said=state.last_error or "",
        mend=_mend(fact, refused=refused),
    )


def _effect(stream: str) -> str:
    return {
        OUTBOX: "What is to be written there waits in order; nothing is lost.",
        "tickets": "Tickets that are new or changed since then are missing here; issues and their values do not move.",
        "issues": "Plans do not hear what product development does since then.",
    }.get(stream, "What changed since then is missing here.")


def _mend(fact: Facts, *, refused: bool) -> str:
    if refused:
        example = variable(fact.name, "token")
        return (
            f"Renew the credentials of {fact.name} (a variable such as {example}, or its file), restart, then check it."
        )
    return "Mend what it says, then press Read now."
