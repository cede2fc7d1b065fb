"""The clock: runs each job in its slots while this process leads, and stands by while another one does.

APScheduler only ticks. Who leads is a lease row, and that a slot has run is a row too, so that neither two workers
nor two leaders run a slot twice. A signal ends the current page or row, frees the lease and ends the process.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog
from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy.exc import SQLAlchemyError

from bridge.progress import StepReport, log_reports
from bridge.store import runs
from bridge.store.db import Database
from bridge.store.leases import Keeper, Lease, LeaseLost, acquire, release
from bridge.store.owners import owner_id

logger = logging.getLogger(__name__)

LEADER = "leader"
LOOK_S = 1.0
"""How long somebody who asks for a run waits at most until the leader has seen it."""
GRACE_S = 8.0
"""How long running jobs may take to see the stop; with what else ends, the process is gone within 10 seconds."""


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` gets a function that tells when to stop; it asks between pages and rows."""

    minutes: float
    run: Callable[[Callable[[], bool]], list[StepReport]]

    @property
    def every_s(self) -> float:
        return self.minutes * 60


Ask = Callable[[Lease, Callable[[], bool]], bool]
"""Takes one thing that somebody asked for, under the leader's lease, and does it; False: nobody asked."""


@dataclass(slots=True)
class Worker:
    """One process's part in the work. ``stop`` ends it from any thread. ``asks`` are looked at all the time."""

    db: Database
    jobs: Mapping[str, Job]
    lease_s: float
    asks: Mapping[str, Ask] = field(default_factory=dict)
    owner: str = field(default_factory=owner_id)
    stop: threading.Event = field(default_factory=threading.Event)
    _keeper: Keeper | None = None
    _running: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def lease(self) -> Lease | None:
        """The leader's lease while this process has it."""
        keeper = self._keeper
        return None if keeper is None or keeper.lease.lost.is_set() else keeper.lease

    def run(self) -> bool:
        """Work until ``stop`` is set. False: a job did not end in time, so the caller should end the process hard."""
        self.lead()
        for name in self.asks:
            threading.Thread(target=self._look, args=(name,), name=f"asked for {name}", daemon=True).start()
        self._scheduler().start()
        ended = self._wait_for_jobs(GRACE_S)
        self._free()
        return ended

    def _scheduler(self) -> BlockingScheduler:
        scheduler = BlockingScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(2 * len(self.jobs) or 1), LEADER: ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone=UTC,
        )
        scheduler.add_job(self.lead, "interval", seconds=self.lease_s / 3, id=LEADER, executor=LEADER)
        for name, job in self.jobs.items():
            # Counted from 1970, so that every worker ticks at the starts of the slots.
            scheduler.add_job(
                self.tick, "interval", (name,), id=name, seconds=job.every_s, start_date=datetime.fromtimestamp(0, UTC)
            )
            scheduler.add_job(self.tick, "date", (name,), id=f"{name}, at the start")
        scheduler.add_listener(lambda _event: self._end_with_stop(scheduler), EVENT_SCHEDULER_STARTED)
        return scheduler

    def _end_with_stop(self, scheduler: BlockingScheduler) -> None:
        def end() -> None:
            self.stop.wait()
            scheduler.shutdown(wait=False)

        threading.Thread(target=end, name="worker end", daemon=True).start()

    def lead(self) -> bool:
        """Keep the lease, or take it if it is free. Called at a third of its time."""
        if self.stop.is_set():
            return False
        if self._keeper is not None:
            if self._keeper.beat():
                return True
            logger.warning("another worker leads now: this one stands by")
            self._keeper = None
        try:
            lease = acquire(self.db, LEADER, self.owner, self.lease_s)
        except SQLAlchemyError as error:
            logger.warning("the database failed (%s): tried again soon", type(error).__name__)
            return False
        if lease is not None:
            self._keeper = Keeper(self.db, lease, self.lease_s)
            logger.info("this worker leads (epoch %d)", lease.epoch)
        return lease is not None

    def tick(self, name: str) -> list[StepReport] | None:
        """Run the job unless its present slot has run, it is running, or another worker leads: then None."""
        lease = self.lease
        with self._running_once(name) as free:
            if not free or lease is None or self.stop.is_set():
                return None
            try:
                return self._run_slot(name, lease)
            except LeaseLost as error:
                logger.warning("%s: %s", name, error)
            except SQLAlchemyError as error:
                logger.warning("%s: the database failed (%s): tried again in the next slot", name, type(error).__name__)
        return None

    def _look(self, name: str) -> None:
        while not self.stop.is_set():
            if not self.answer(name):
                self.stop.wait(LOOK_S)

    def answer(self, name: str) -> bool:
        """Do one thing that somebody asked for. False: nobody did, or another worker leads."""
        lease = self.lease
        with self._running_once(name) as free:
            if not free or lease is None or self.stop.is_set():
                return False
            try:
                return self.asks[name](lease, lambda: self.stop.is_set() or lease.lost.is_set())
            except LeaseLost as error:
                logger.warning("%s: %s", name, error)
            except SQLAlchemyError as error:
                logger.warning("%s: the database failed (%s): looked at again soon", name, type(error).__name__)
        return False

    def _run_slot(self, name: str, lease: Lease) -> list[StepReport] | None:
        job = self.jobs[name]
        slot = runs.begin(self.db, lease, name, job.every_s)
        if slot is None:
            logger.debug("%s: the present slot has run", name)
            return None
        with structlog.contextvars.bound_contextvars(run=f"{name}/{slot}"):
            reports = self._run_job(name, job, lease)
            log_reports(reports)
        runs.finish(self.db, lease, name, slot, [report.to_dict() for report in reports])
        return reports

    def _run_job(self, name: str, job: Job, lease: Lease) -> list[StepReport]:
        began = time.monotonic()
        try:
            return job.run(lambda: self.stop.is_set() or lease.lost.is_set())
        except Exception as error:  # noqa: BLE001 - recorded in the slot's row; the next slot tries again
            # An error's own text may hold what redaction would remove: its type and place are enough.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s failed with %s\n%s", name, type(error).__name__, where)  # noqa: TRY400 - see above
            return [StepReport(name, seconds=time.monotonic() - began, error=f"failed with {type(error).__name__}")]

    @contextmanager
    def _running_once(self, name: str) -> Iterator[bool]:
        with self._changed:
            free = name not in self._running
            self._running.add(name)
        try:
            yield free
        finally:
            if free:
                with self._changed:
                    self._running.discard(name)
                    self._changed.notify_all()

    def _wait_for_jobs(self, seconds: float) -> bool:
        with self._changed:
            ended = self._changed.wait_for(lambda: not self._running, seconds)
            if not ended:
                logger.warning("still running after %.0f s: %s", seconds, ", ".join(sorted(self._running)))
            return ended

    def _free(self) -> None:
        if self._keeper is None:
            return
        try:
            release(self.db, self._keeper.lease)
        except SQLAlchemyError as error:
            logger.warning("the leader's lease could not be freed (%s): it runs out", type(error).__name__)


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set ``stop`` during the block. Main thread only."""

    def handler(signum: int, _frame: Any) -> None:
        del signum
        stop.set()

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
