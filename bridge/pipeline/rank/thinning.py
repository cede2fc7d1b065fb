"""Old rankings are thinned: all of the last days are kept, then one a day, then the last before each Monday's end.

Rule: what a kept ranking told of its changes stays as it was told, though the one before it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.ranked.records import deltas
from bridge.store import rank_rows
from bridge.store.db import Database
from bridge.store.leases import Lease, fence
from bridge.store.monday import reviewed_runs
from bridge.store.ranking import drop_runs, run_times, runs_after


@dataclass(frozen=True, slots=True)
class Keep:
    """Days for which every ranking is kept, and for which the last one of each day (UTC) is; later the last of each
    week, which ends with Monday.
    """

    every_days: int = 14
    daily_days: int = 365


def superfluous(
    runs: Iterable[tuple[int, datetime]], now: datetime, keep: Keep, held: Collection[int] = ()
) -> list[int]:
    """Ids of the runs (id, instant) that go. The first and the newest of all stay, and those that are ``held``:
    movement is told against them.
    """
    newest_first = sorted(runs, key=lambda run: (run[1], run[0]), reverse=True)
    seen: set[tuple[str, object]] = set()
    gone = []
    for id_, at in newest_first:
        day = at.astimezone(UTC).date()
        week = day - timedelta(days=(day.weekday() - 1) % 7)
        new_day, new_week = ("day", day) not in seen, ("week", week) not in seen
        seen |= {("day", day), ("week", week)}
        age = now - at
        stays = age <= timedelta(days=keep.every_days) or new_week
        if not stays and not (new_day and age <= timedelta(days=keep.daily_days)):
            gone.append(id_)
    ends = (newest_first[0][0], newest_first[-1][0]) if newest_first else ()
    return [id_ for id_ in gone if id_ not in ends and id_ not in held]


def thin(db: Database, keep: Keep, *, lease: Lease, now: Callable[[], datetime]) -> int:
    """Remove what need not be kept, one run a transaction. Number of runs. Raises LeaseLost."""
    with db.read() as session:
        gone = superfluous(run_times(session), now(), keep, reviewed_runs(session))
    for id_ in sorted(gone, reverse=True):
        with db.write() as session:
            fence(session, lease)
            for later in runs_after(session, id_):
                if later.id not in gone:
                    rank_rows.save_deltas(session, deltas(session, later))
            drop_runs(session, [id_])
    with db.write() as session:
        fence(session, lease)
        rank_rows.drop_unused(session)
    return len(gone)
