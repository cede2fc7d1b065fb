"""The newest ranking -> alerts that open, grow and close, and a message to each person who wants to hear at once.

Rule: all that one look finds is one message a reader; alerts, messages and their places in the outbox are one
transaction, so that a look that broke off has not happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bridge.analysis.alert_words import Told
from bridge.analysis.emerging import Rules, Verdict, judge, moved
from bridge.pipeline.notify.looking import Look, look, standing_of
from bridge.pipeline.notify.telling import ACTOR, ALERTS, Reach, everybody, tell, wanted
from bridge.progress import Progress, StepReport, silent
from bridge.store import events
from bridge.store.clusters import RankRun
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.notices import Alert, alerts
from bridge.store.ranking import last_run
from bridge.store.sync import fact, set_fact
from bridge.words import NoticeChoice

SINCE, LOOKED = "alerts.since", "alerts.looked"
AGAIN = timedelta(hours=1)
"""The same ranking is looked at again after this long: cooldowns end and days pass without new data."""


def alert(
    db: Database,
    rules: Rules,
    reach: Reach,
    *,
    lease: Lease,
    now: Callable[[], datetime],
    progress: Progress = silent,
) -> StepReport:
    """Look at the newest ranking. Done: alerts that were told of; skipped: issues of which nothing changed."""
    report = StepReport("alert")
    with db.read() as session:
        at = now()
        run = last_run(session, kept=True)
        if run is None or not run.summary or not _due(session, run, at):
            return report
        rows = alerts(session)
        standing = standing_of(rows)
        since = fact(session, SINCE)
        found = look(session, run, standing)
        verdicts = judge(found.seen, standing, at, datetime.fromisoformat(since) if since else None, rules)
        run_id = run.id
    progress("alert", 0, len(found.seen))
    with db.write() as session:
        fence(session, lease)
        told = _write(session, verdicts, found, at, rules)
        if since is None:
            set_fact(session, SINCE, at.isoformat())
        set_fact(session, LOOKED, f"{run_id} {at.isoformat()}")
        messages = _tell(session, told, reach, at, rules) if told else 0
    report.done, report.skipped = len(told), len(found.seen) - len({v.cluster_id for v in verdicts})
    if since is None:
        report.notes.append("the first look: what is true now counts as known, alerts begin with what comes next")
    elif told:
        report.notes.append(f"{len(told)} {'alert' if len(told) == 1 else 'alerts'}, {messages} messages to people")
    progress("alert", len(found.seen), len(found.seen))
    return report


def _due(session: Session, run: RankRun, at: datetime) -> bool:
    looked = fact(session, LOOKED)
    if looked is None:
        return True
    run_id, when = looked.split(" ", 1)
    return run_id != str(run.id) or at - datetime.fromisoformat(when) >= AGAIN


def _write(session: Session, verdicts: Sequence[Verdict], found: Look, at: datetime, rules: Rules) -> list[Told]:
    """Bring the rows up to date; what people are told, the most money first."""
    rows = {(row.kind, row.cluster_id): row for row in alerts(session)}
    told = []
    for verdict in verdicts:
        row = rows.get((verdict.kind.value, verdict.cluster_id))
        again = row is not None and row.times > 0
        before = standing_of([row])[0] if row else None
        after = moved(before, verdict, at)
        row = row or Alert(kind=verdict.kind.value, cluster_id=verdict.cluster_id, opened_at=at)
        row.opened_at, row.closed_at, row.told_at, row.told = (
            after.opened_at,
            after.closed_at,
            after.told_at,
            after.told,
        )
        row.accounts = sorted(after.accounts)
        row.times += verdict.tell
        if verdict.tell:
            told.append(_told(verdict, found, again=again, rules=rules))
            row.last = told[-1].to_dict()
        session.add(row)
        session.flush()
        _record(session, row, verdict, again=again, was_open=before is not None and before.closed_at is None, at=at)
    return sorted(told, key=lambda one: (one.rank, one.kind))


def _record(session: Session, row: Alert, verdict: Verdict, *, again: bool, was_open: bool, at: datetime) -> None:
    """The log keeps what people were told of; that something was noticed quietly stands in the row."""
    if verdict.tell:
        kind = "alert.reopened" if again else "alert.opened"
    elif was_open and not verdict.is_open and again:
        kind = "alert.closed"
    else:
        return
    after = {"alert": row.id, "kind": row.kind, "size": verdict.size}
    events.record(session, kind, f"cluster:{row.cluster_id}", actor=ACTOR, at=at, after=after)


def _told(verdict: Verdict, found: Look, *, again: bool, rules: Rules) -> Told:
    placed = found.placed[verdict.cluster_id]
    return Told(
        kind=verdict.kind,
        issue=verdict.cluster_id,
        size=verdict.size,
        again=again,
        rank=placed.rank,
        accounts=placed.summary["accounts"],
        score=placed.score,
        named=verdict.accounts,
        days=rules.window.days,
    )


def _tell(session: Session, told: Sequence[Told], reach: Reach, at: datetime, rules: Rules) -> int:
    """One message a reader, whatever it is about; the event is named by its alerts and how often each was told."""
    times = {(row.kind, row.cluster_id): (row.id, row.times) for row in alerts(session)}
    names = ",".join(sorted("{}.{}".format(*times[one.kind.value, one.issue]) for one in told))
    event = f"{ALERTS}:{hashlib.sha256(names.encode()).hexdigest()[:16]}"
    readers = [person for person in everybody(session) if wanted(person, told, (NoticeChoice.NOW,))]
    facts = {"alerts": [one.to_dict() for one in told]}
    return tell(session, event, ALERTS, facts, readers, reach, at=at, tz=rules.calendar.tz)
