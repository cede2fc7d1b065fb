"""How the installation is: what is in it, what is stuck, and what has failed. Rule: plain JSON types only, no text of
tickets and no values of accounts, so that anybody who operates it may read it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from bridge.analysis.resolution import Directory
from bridge.service.models import model_state
from bridge.store import status as counts_of
from bridge.store.outbox_queries import counts, dead_connections, dead_letters, held_back
from bridge.store.ranking import account_keys, last_run
from bridge.store.set_aside import aside_counts, open_asides
from bridge.store.sync import SyncState

NEWEST = 5
DEAD_SHOWN = 20


def status(session: Session) -> dict[str, Any]:
    """Times are ISO 8601 in UTC, shares are of live tickets (None without any)."""
    tickets, clusters = counts_of.ticket_counts(session), counts_of.cluster_counts(session)
    live = tickets.live
    unmapped = live - counts_of.mapped_tickets(session)
    return {
        "tickets": {**tickets._asdict(), "unresolved_share": _share(_unresolved(session), live)},
        "clusters": clusters._asdict(),
        "accounts": counts_of.account_count(session),
        "unmapped_share": _share(max(0, unmapped), live),
        "streams": [_stream(row) for row in counts_of.streams(session)],
        "set_aside": _set_aside(session),
        "outbox": _outbox(session),
        "last_ranking": _last_ranking(session),
        "model": asdict(model_state(session)),
    }


class Attention(NamedTuple):
    """What the head of every page shows: when data last came in, and how many connections need somebody."""

    synced_at: datetime | None
    connections: int


def attention(session: Session) -> Attention:
    """A stream that failed last and a connection with a dead letter need somebody; each connection counts once."""
    states = counts_of.streams(session)
    failing = {row.connection for row in states if row.last_error_at is not None}
    last = max((row.last_success_at for row in states if row.last_success_at), default=None)
    return Attention(last, len(failing | dead_connections(session)))


def _unresolved(session: Session) -> int:
    """Live tickets of requesters that belong to no account."""
    directory = Directory.build(*account_keys(session))
    rows = counts_of.requesters(session)
    return sum(tickets for reference, domain, tickets in rows if directory.resolve(reference, domain) is None)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _stream(row: SyncState) -> dict[str, Any]:
    return {
        "connection": row.connection,
        "stream": row.stream,
        "cursor": row.cursor is not None,
        "last_success_at": _iso(row.last_success_at),
        "last_error_at": _iso(row.last_error_at),
        "last_error": row.last_error,
        "auth_failed": row.auth_failed_at is not None,
    }


def _set_aside(session: Session) -> dict[str, Any]:
    by_stream = [{"connection": c, "stream": s, "records": n} for c, s, n in aside_counts(session)]
    newest = [
        {"connection": row.connection, "stream": row.stream, "ref": row.ref, "reason": row.reason}
        for row in open_asides(session, NEWEST)
    ]
    return {"by_stream": by_stream, "newest": newest}


def _outbox(session: Session) -> dict[str, Any]:
    dead = [
        {
            "id": row.id,
            "connection": row.connection,
            "kind": row.kind,
            "error": row.error,
            "holds_back": held_back(session, row),
        }
        for row in dead_letters(session, DEAD_SHOWN)
    ]
    return {"by_state": counts(session), "oldest_waiting_at": _iso(counts_of.oldest_waiting(session)), "dead": dead}


def _last_ranking(session: Session) -> dict[str, Any] | None:
    run = last_run(session)
    return {"as_of": _iso(run.as_of), "snapshot": run.snapshot} if run else None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
