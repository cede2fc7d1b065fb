"""``bridge worker``: the loop by the clock."""

from __future__ import annotations

import os
from collections.abc import Callable

import typer

from bridge import logs
from bridge.bootstrap import Bridge
from bridge.cli.workspace import opened
from bridge.due import run_due
from bridge.jobs import FEEDBACK, INTAKE, OUTGOING, Jobs, Stop
from bridge.progress import StepReport
from bridge.service.erase import expire
from bridge.store.leases import database_clock
from bridge.words import RunKind
from bridge.worker import Ask, Job, Worker, stopped_by_signals

app = typer.Typer(add_completion=False)

NIGHT = 24 * 60.0


def nightly(bridge: Bridge, stop: Stop) -> list[StepReport]:
    """First let go of what is too old, so that no thought goes to it."""
    report = StepReport("retention")
    report.done = expire(bridge.db, bridge.settings.privacy.retention_days, at=database_clock(bridge.db)())
    return [report, *Jobs(bridge, stop=stop).nightly()]


def worker_of(bridge: Bridge) -> Worker:
    """A worker of this installation with all its jobs, and an ear for what people ask for."""
    own = bridge.settings.worker

    def running(steps: tuple[str, ...]) -> Callable[[Stop], list[StepReport]]:
        parts = bridge.with_own_connectors()
        return lambda stop: Jobs(parts, stop=stop).run(steps)

    def asked(kind: RunKind) -> Ask:
        parts = bridge.with_own_connectors()
        return lambda lease, stop: run_due(parts, kind, lease, stop)

    jobs = {
        "intake": Job(own.intake_minutes, running(INTAKE)),
        "outgoing": Job(own.outgoing_minutes, running(OUTGOING)),
        "feedback": Job(own.feedback_minutes, running(FEEDBACK)),
        "nightly": Job(NIGHT, lambda stop: nightly(bridge, stop)),
    }
    asks = {f"{kind} now": asked(kind) for kind in RunKind}
    return Worker(bridge.db, jobs, own.lease_seconds, asks)


@app.command()
def worker(ctx: typer.Context) -> None:
    """Pull, group, rank, publish, track and push by the clock until SIGTERM or Ctrl-C.

    Start as many as you like: one leads, the others stand by and take over when it dies.
    """
    with opened(ctx.obj) as bridge:
        logs.configure(bridge.settings.log.format)
        made = worker_of(bridge)
        with stopped_by_signals(made.stop):
            ended = made.run()
    if not ended:
        # A job that would not stop must not keep the process: its lease is gone, its writes are fenced.
        os._exit(1)
