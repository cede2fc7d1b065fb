"""What happens to a row, and to its connection, after a failure: later, when the connection answers again, or never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.pipeline.deliver.parts import ACTOR, Outcome, Parts, tell
from bridge.pipeline.deliver.verdicts import LONGEST_WAIT_S, Verdict, backoff_s, is_outage, judge
from bridge.pipeline.deliver.writes import Write
from bridge.store import events, gates
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_moves import back_to_pending, leave
from bridge.words import OutboxState
from connectors.base import Connector, ConnectorError, NotFound, RateLimited

AUTH_RETRY_S = 900.0
OUTAGE_AFTER = 3
"""Failures in a row after which it is the connection that waits, not each of its rows."""


@dataclass(frozen=True, slots=True)
class Setbacks:
    parts: Parts

    def failed(self, row: OutboxRow, write: Write, error: Exception, *, looking: bool) -> Outcome:
        verdict = judge(
            error,
            looking=looking,
            was_sent=row.state == OutboxState.SENDING,
            repeatable=write.repeatable,
            can_look=write.guarantee.kind != "none",
        )
        if verdict is Verdict.CONNECTION_WAITS:
            return self._connection_waits(row, error, looking=looking)
        if verdict in (Verdict.DEAD, Verdict.DEAD_IN_DOUBT):
            return self.bury(row, write, error, in_doubt=verdict is Verdict.DEAD_IN_DOUBT)
        attempts = row.attempts + looking
        exhausted = attempts >= self.parts.settings.max_attempts and (looking or verdict is Verdict.AGAIN)
        if exhausted and self._answers(row):
            return self.bury(row, write, error, in_doubt=looking and row.state == OutboxState.SENDING)
        return self._later(row, error, attempts, verdict)

    def _later(self, row: OutboxRow, error: Exception, attempts: int, verdict: Verdict) -> Outcome:
        """The row waits for its next try or look; after several failures in a row its connection does too."""
        at, text = self.parts.now(), self._text(error)
        due_at = at + timedelta(seconds=self._backoff(attempts))
        with self.parts.db.write() as session:
            if verdict is Verdict.AGAIN:
                back_to_pending(session, row, due_at=due_at, attempts=attempts, error=text)
            else:
                leave(session, row, due_at=max(due_at, row.due_at), attempts=attempts, error=text)
            waits = is_outage(error) and self._count_failure(session, row.connection, at, text)
        return Outcome(row.state, waits, text)

    def _count_failure(self, session: Session, connection: str, at: datetime, text: str) -> bool:
        gate = gates.gates(session, [connection])[connection]
        gate = replace(gate, failures=gate.failures + 1)
        if out := gate.failures >= OUTAGE_AFTER:
            wait_s = self._backoff(gate.failures - OUTAGE_AFTER + 1)
            gate = replace(gate, until=at + timedelta(seconds=wait_s))
        gates.wait(session, connection, gate, at=at, error=text)
        return out

    def _connection_waits(self, row: OutboxRow, error: Exception, *, looking: bool) -> Outcome:
        at, text = self.parts.now(), self._text(error)
        with self.parts.db.write() as session:
            gate = gates.gates(session, [row.connection])[row.connection]
            if isinstance(error, RateLimited):
                gate = replace(gate, until=at + timedelta(seconds=min(error.retry_after, LONGEST_WAIT_S)))
            else:
                if gate.auth_failed_at is None:
                    _tell_auth(session, row.connection, at, _kind_of(error))
                until = at + timedelta(seconds=AUTH_RETRY_S)
                gate = replace(gate, until=until, auth_failed_at=gate.auth_failed_at or at)
            gates.wait(session, row.connection, gate, at=at, error=text)
            if looking:
                leave(session, row, error=text)
            else:
                back_to_pending(session, row, due_at=at, attempts=row.attempts - 1, error=text)
        return Outcome(row.state, waits=True, error=text)

    def bury(self, row: OutboxRow, write: Write | None, error: Exception, *, in_doubt: bool) -> Outcome:
        """Dead: it waits for a person. ``sending_at`` stays where the write may exist, so that a retry looks first."""
        at, text = self.parts.now(), self._text(error)
        if write is not None and isinstance(error, NotFound):
            text = f"{write.missing} ({text})"
        if in_doubt:
            text = f"may already exist: {text}"
        with self.parts.db.write() as session:
            sending_at = row.sending_at if in_doubt else None
            if leave(session, row, state=OutboxState.DEAD.value, sending_at=sending_at, error=text, done_at=at):
                tell(session, "notification.failed", row, write, at, reason=_kind_of(error))
        return Outcome(row.state, error=text)

    def _answers(self, row: OutboxRow) -> bool:
        """Ask the connection whether it works: if so, the row is at fault, else the row must not die of an outage."""
        sink = self.parts.sinks[row.connection]
        if not isinstance(sink, Connector):
            return True
        try:
            sink.check()
        except Exception as error:  # noqa: BLE001 - a fault of the connector is no outage: the row tells of it
            return not isinstance(error, ConnectorError)
        return True

    def _backoff(self, attempts: int) -> float:
        return backoff_s(attempts, self.parts.settings.first_retry, self.parts.rng)

    def _text(self, error: Exception) -> str:
        """An unexpected error's own text may hold anything: only its type is kept."""
        if isinstance(error, ConnectorError):
            return self.parts.redact(str(error))
        return f"the connector failed with {type(error).__name__}: report it with the row's number"


def _kind_of(error: Exception) -> str:
    """For the log of events, which is kept for ever: what the other side said may quote a ticket, and stays with the
    row.
    """
    return f"{type(error).__name__}: the row in the outbox tells more"


def _tell_auth(session: Session, connection: str, at: datetime, text: str) -> None:
    subject = f"connection:{connection}"
    events.record(session, "connection.auth_failed", subject, actor=ACTOR, at=at, reason=text)
