"""Whether the service can be relied on now, for load balancers and alarms. Public: names of connections, no customer.

Rule: not ready is what makes answers wrong or old. A dead letter holds back its own stream only: it is told, and an
alarm may be set on it, but pages and API go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bridge.service.connection_facts import Facts
from bridge.service.connections import LATE
from bridge.service.models import model_state
from bridge.store import outbox_views
from bridge.store import status as counts_of
from bridge.store.db import Database, ping
from bridge.store.revision import current
from bridge.store.revision import head as newest


@dataclass(frozen=True, slots=True)
class Readiness:
    """``problems`` are sentences; ``facts`` the figures behind them."""

    problems: tuple[str, ...]
    facts: dict[str, Any]

    @property
    def ready(self) -> bool:
        return not self.problems


def readiness(db: Database, facts: Mapping[str, Facts], at: datetime) -> Readiness:
    """Never raises: a database that does not answer is the answer."""
    try:
        revision = current(db)
        if revision != head():
            told = f"the database is at revision {revision or 'none'}, this program needs {head()}: upgrade it"
            return Readiness((told,), {"database": {"revision": revision, "needed": head()}})
        return _of_rows(db, facts, at)
    except SQLAlchemyError as error:
        return Readiness((f"the database does not answer ({type(error).__name__})",), {"database": None})


@lru_cache(maxsize=1)
def head() -> str:
    """Cannot change while the program runs."""
    return newest()


def _of_rows(db: Database, facts: Mapping[str, Facts], at: datetime) -> Readiness:
    with db.read() as session:
        ping(session)
        states = {(state.connection, state.stream): state for state in counts_of.streams(session)}
        outbox = outbox_views.figures(session, at)
        oldest = counts_of.oldest_waiting(session)
        model = model_state(session)
    problems, ages = [], {}
    for name, fact in facts.items():
        for stream in fact.streams:
            state = states.get((name, stream))
            last = state.last_success_at if state else None
            ages[f"{name} {stream}"] = _told(last, at)
            if last is not None and at - last > timedelta(seconds=LATE * fact.every_s):
                minutes = round((at - last).total_seconds() / 60)
                problems.append(f"{stream} of {name} were read {minutes} min ago, they are due every {_every(fact)}")
    told = {
        "database": {"revision": head(), "needed": head()},
        "connections": ages,
        "model": asdict(model),
        "outbox": {
            "waiting": outbox.due + outbox.later + outbox.sending + outbox.in_doubt,
            "oldest_waiting_s": _age(oldest, at),
            "dead": outbox.dead,
        },
    }
    return Readiness(tuple(problems), told)


def _every(fact: Facts) -> str:
    return f"{fact.every_s / 60:g} min"


def _told(last: datetime | None, at: datetime) -> dict[str, Any]:
    if last is None:
        return {"last_success": None, "note": "no run yet"}
    return {"last_success": last.isoformat(timespec="seconds"), "age_s": _age(last, at)}


def _age(moment: datetime | None, at: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (at - moment).total_seconds()), 1)
