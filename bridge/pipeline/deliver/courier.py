"""Takes one claimed outbox row to the other side. No transaction is open while it talks to a connector.

The order is the promise: commit ``sending``, fence, send with the key, record. Whoever finds a row in ``sending``
looks for it after the hold time and sends it again only if it is surely not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bridge.failpoint import failpoint
from bridge.pipeline.deliver.notice import Unwanted
from bridge.pipeline.deliver.parts import Outcome, Parts, tell
from bridge.pipeline.deliver.setbacks import Setbacks
from bridge.pipeline.deliver.writes import Undeliverable, Write, write_of
from bridge.store import gates
from bridge.store.outbox import OutboxRow
from bridge.store.outbox_moves import back_to_pending, leave, move, record_sent, start_sending
from bridge.words import OutboxState
from connectors.base import Ref
from connectors.pressing import writes_begin_within


@dataclass(frozen=True, slots=True)
class Courier:
    parts: Parts
    setbacks: Setbacks

    def take(self, row: OutboxRow) -> Outcome:
        """Bring a claimed row as far as it gets now."""
        failpoint("deliver.after_claim")
        try:
            write = write_of(self.parts.db, row, self.parts.sinks[row.connection], self.parts.compose)
        except Unwanted:
            return self._leave(row, state=OutboxState.SUPERSEDED.value, sending_at=None, done_at=self.parts.now())
        except Undeliverable as error:
            return self.setbacks.bury(row, None, error, in_doubt=row.sending_at is not None)
        if row.state == OutboxState.SENDING:
            return self._reconcile(row, write)
        if row.lookup_first and not write.repeatable:
            return self._look_first(row, write)
        return self._send(row, write)

    def _send(self, row: OutboxRow, write: Write) -> Outcome:
        if not self._enough_lease(row):
            return self._give_back(row)
        at = self.parts.now()
        with self.parts.db.write() as session:
            started = start_sending(session, row, at=at, doubt_until=at + self._doubt(write))
        if not started:
            return Outcome(row.state)
        failpoint("deliver.before_send")
        if not self._enough_lease(row):
            return self._give_back(row, attempts=row.attempts - 1)
        try:
            with writes_begin_within(self._lease_left_s(row) - self.parts.settings.request_timeout):
                ref = write.send()
        except Exception as error:  # noqa: BLE001 - recorded in the row; a connector's fault must not stop the others
            return self.setbacks.failed(row, write, error, looking=False)
        failpoint("deliver.after_send")
        return self._record(row, write, ref)

    def _reconcile(self, row: OutboxRow, write: Write) -> Outcome:
        """A row found in ``sending``: whoever sent it did not come back to tell."""
        if row.sending_at is not None and (due := row.sending_at + self._doubt(write)) > self.parts.now():
            return self._leave(row, due_at=due)
        if write.repeatable:
            return self._absent(row, answered=False)
        if write.guarantee.kind == "none":
            return self.setbacks.bury(row, write, _unsearchable(row), in_doubt=True)
        try:
            ref = write.find()
        except Exception as error:  # noqa: BLE001 - recorded in the row; a connector's fault must not stop the others
            return self.setbacks.failed(row, write, error, looking=True)
        return self._absent(row, answered=True) if ref is None else self._record(row, write, ref)

    def _absent(self, row: OutboxRow, *, answered: bool) -> Outcome:
        at = self.parts.now()
        if row.attempts >= self.parts.settings.max_attempts:
            error = Undeliverable(f"sent {row.attempts} times and never arrived ({row.error or 'no answer'})")
            return self.setbacks.bury(row, None, error, in_doubt=False)
        with self.parts.db.write() as session:
            if answered:
                gates.succeeded(session, row.connection, at)
            back_to_pending(session, row, lookup_first=False, due_at=at)
        return Outcome(row.state)

    def _look_first(self, row: OutboxRow, write: Write) -> Outcome:
        """Before a first send: a restored database may have forgotten that it was sent."""
        if write.guarantee.kind == "none":
            return self.setbacks.bury(row, write, _unsearchable(row), in_doubt=True)
        try:
            ref = write.find()
        except Exception as error:  # noqa: BLE001 - recorded in the row; a connector's fault must not stop the others
            return self.setbacks.failed(row, write, error, looking=True)
        if ref is not None:
            return self._record(row, write, ref)
        with self.parts.db.write() as session:
            kept = move(session, row, lookup_first=False)
        return self._send(row, write) if kept else Outcome(row.state)

    def _record(self, row: OutboxRow, write: Write, ref: Ref | None) -> Outcome:
        at = self.parts.now()
        with self.parts.db.write() as session:
            remote_id, url = (ref.id, ref.url) if ref else (None, None)
            if record_sent(session, row, remote_id=remote_id, url=url, at=at):
                write.record(session, ref, at)
                gates.succeeded(session, row.connection, at)
                tell(session, "notification.sent", row, write, at, remote_id=remote_id)
        failpoint("deliver.after_record")
        return Outcome(OutboxState.SENT)

    def _give_back(self, row: OutboxRow, **values: object) -> Outcome:
        """The fence: too little lease is left for a request, so this worker does not begin one."""
        at = self.parts.now()
        with self.parts.db.write() as session:
            back_to_pending(session, row, due_at=at, **values)
        return Outcome(row.state)

    def _leave(self, row: OutboxRow, **values: object) -> Outcome:
        with self.parts.db.write() as session:
            leave(session, row, **values)
        return Outcome(row.state)

    def _enough_lease(self, row: OutboxRow) -> bool:
        return self._lease_left_s(row) >= self.parts.settings.request_timeout

    def _lease_left_s(self, row: OutboxRow) -> float:
        return 0.0 if row.lease_until is None else (row.lease_until - self.parts.now()).total_seconds()

    def _doubt(self, write: Write) -> timedelta:
        """How long after a send a look must not be believed: the request may take effect as late as its time-out."""
        hold_s = 0.0 if write.repeatable else write.guarantee.hold_s + self.parts.settings.request_timeout
        return timedelta(seconds=max(hold_s, self.parts.lease_s))


def _unsearchable(row: OutboxRow) -> Undeliverable:
    return Undeliverable(
        f"{row.connection} cannot be searched for it; look there, then discard this row if it is"
        " there, or retry it as surely absent"
    )
