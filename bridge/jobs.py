"""What the clock drives: the steps of each job, in order. A failed step never blocks another.

Every step runs under a lease of its own, so that two workers and a person's `bridge sync` never do the same step at
the same time; whoever comes second skips it and says so. Only a ranking is waited for, and then done again.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bridge.analysis.redaction import redact
from bridge.bootstrap import Bridge
from bridge.connecting import Connection
from bridge.errors import BridgeError
from bridge.pipeline.deliver import deliver
from bridge.pipeline.embed import Successor, embed
from bridge.pipeline.group import group
from bridge.pipeline.notify import alert, digest
from bridge.pipeline.plan import plan
from bridge.pipeline.publish import Target, publish
from bridge.pipeline.pull import Source, pull
from bridge.pipeline.push import SinkPolicy, push
from bridge.pipeline.rank import Keep, rank, thin
from bridge.pipeline.relearn import relearn
from bridge.pipeline.track import track
from bridge.progress import SYNC, Progress, StepReport, silent
from bridge.store.leases import Lease, LeaseLost, database_clock, fence, held
from bridge.store.models import in_use, put_in_use, want, wanted
from bridge.store.owners import owner_id
from connectors.base import IssueTracker

logger = logging.getLogger(__name__)

Stop = Callable[[], bool]
Step = Callable[[Lease], StepReport]

INTAKE = ("pull", "relearn", "embed", "group", "rank", "alert")
OUTGOING = ("publish", "push", "digest", "deliver")
FEEDBACK = ("track", "plan")

STEPS = tuple(dict.fromkeys(SYNC))


TURN_S = 120.0
"""A ranking waits so long for another one: that may have read the data before our other steps changed it."""
TURN_LOOK_S = 0.2


def log_redacted(what: str, error: Exception) -> None:
    """Log type and place: the message of an error may quote a ticket, and redaction knows no plain words."""
    logger.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


def _cause(error: SQLAlchemyError) -> str:
    """The driver's first line: what SQLAlchemy adds are statements and values."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]


def never() -> bool:
    """A Stop that never stops."""
    return False


@dataclass(frozen=True)
class Jobs:
    """The steps of one installation, ready to run. ``only`` limits them to one connection.

    ``re_embed_s``: how long one run may work for a model that is not in use yet, so that new tickets never wait for it.
    ``digest_anyway``: write a digest of now, whatever the calendar says.
    """

    bridge: Bridge
    progress: Progress = silent
    stop: Stop = never
    only: str | None = None
    re_embed_s: float | None = 60.0
    digest_anyway: bool = False

    def run(self, steps: tuple[str, ...]) -> list[StepReport]:
        """Run these steps in order and report each, also the ones that failed."""
        return list(self.each(steps))

    def each(self, steps: tuple[str, ...]) -> Iterator[StepReport]:
        """As ``run``, one report at a time."""
        for name in steps:
            for connection, step in self._steps(name):
                if self.stop():
                    return
                yield self._guarded(name, connection, step)

    def nightly(self) -> list[StepReport]:
        """Learn what repeats around the texts, think again about what the model grouped, then rank."""
        learn = partial(self._relearn, anyway=True)
        consolidate = partial(self._group, consolidating=True)
        return [
            self._guarded("relearn", None, learn),
            *self.run(("embed",)),
            self._guarded("group", None, consolidate),
            *self.run(("rank",)),
            self._guarded("rank", None, self._thin),
        ]

    def _guarded(self, name: str, connection: str | None, step: Step) -> StepReport:
        began = time.monotonic()
        lease_name = f"step:{name}:{connection}" if connection else f"step:{name}"
        try:
            if name == "deliver":
                return self._deliver()
            with self._turn(lease_name, TURN_S if name == "rank" else 0.0) as lease:
                if lease is None:
                    report = StepReport(name, connection, notes=["another worker is doing this step: left to it"])
                else:
                    report = step(lease)
        except LeaseLost as lost:
            report = StepReport(name, connection, error=str(lost))
        except SQLAlchemyError as error:
            log_redacted(f"step {name} failed", error)
            report = StepReport(name, connection, error=f"the database failed: {redact(_cause(error)).text}")
        except BridgeError as error:
            report = StepReport(name, connection, error=str(error))
        except Exception as error:  # noqa: BLE001 - recorded: a connector's fault must not keep the other steps
            log_redacted(f"step {name} failed", error)
            said = f"{type(error).__name__}: {error}"
            report = StepReport(name, connection, error=f"a fault in the program: {redact(said).text}; see the log")
        report.seconds = time.monotonic() - began
        return report

    @contextmanager
    def _turn(self, lease_name: str, patience_s: float) -> Iterator[Lease | None]:
        """The step's lease, or None where somebody else has it and keeps it for longer than we wait."""
        until = time.monotonic() + patience_s
        while True:
            with held(self.bridge.db, lease_name, self.bridge.settings.worker.lease_seconds) as lease:
                if lease is not None or self.stop() or time.monotonic() >= until:
                    yield lease
                    return
            time.sleep(TURN_LOOK_S)

    def _steps(self, name: str) -> list[tuple[str | None, Step]]:
        every: Mapping[str, Callable[[], list[tuple[str | None, Step]]]] = {
            "pull": self._pulls,
            "publish": self._publishes,
            "track": self._tracks,
            "relearn": lambda: [(None, self._relearn)],
            "embed": lambda: [(None, self._embed)],
            "group": lambda: [(None, self._group)],
            "rank": lambda: [(None, self._rank)],
            "alert": lambda: [(None, self._alert)],
            "plan": lambda: [(None, self._plan)],
            "digest": lambda: [(None, self._digest)],
            "push": lambda: [(None, self._push)],
            "deliver": lambda: [(None, lambda _: self._deliver())],
        }
        steps = every[name]()
        return [(c, step) for c, step in steps if self.only is None or c is None or c == self.only]

    def _pulls(self) -> list[tuple[str | None, Step]]:
        def step(source: Source, lease: Lease) -> StepReport:
            return pull(self.bridge.db, source, lease=lease, now=self._now, progress=self.progress, stop=self.stop)

        return [(name, partial(step, self._source(name, c))) for name, c in self.bridge.having("help_desk").items()]

    def _source(self, name: str, connection: Connection) -> Source:
        reading, fields = self.bridge.reading(connection), connection.settings.account_fields
        return Source(name, connection.connector, reading, account_fields=fields)

    def _publishes(self) -> list[tuple[str | None, Step]]:
        def step(target: Target, lease: Lease) -> StepReport:
            policy = target.policy
            return publish(self.bridge.db, target.name, policy, lease=lease, now=self._now, progress=self.progress)

        return [(name, partial(step, target)) for name, target in self.bridge.targets.items()]

    def _tracks(self) -> list[tuple[str | None, Step]]:
        def step(name: str, tracker: IssueTracker, lease: Lease) -> StepReport:
            return track(
                self.bridge.db,
                name,
                tracker,
                lease=lease,
                now=self._now,
                progress=self.progress,
                stop=self.stop,
            )

        return [(name, partial(step, name, c.connector)) for name, c in self.bridge.having("tracker").items()]

    def _relearn(self, lease: Lease, *, anyway: bool = False) -> StepReport:
        return relearn(self.bridge.db, self.bridge.secret, lease=lease, now=self._now, anyway=anyway)

    def _embed(self, lease: Lease) -> StepReport:
        with self.bridge.db.read() as session:
            serving, wished = self.bridge.serving(session), self.bridge.wished(session)
            known, told = in_use(session), wanted(session) or serving
        if known is None or told.id != wished.id:
            with self.bridge.db.write() as session:
                fence(session, lease)
                if known is None:
                    put_in_use(session, serving)
                want(session, wished, self.bridge.settings.model.path)
        following = Successor(wished, partial(self.bridge.load_embedder, wished), self._now, self.re_embed_s)
        return embed(
            self.bridge.db,
            serving.id,
            partial(self.bridge.load_embedder, serving),
            successor=None if wished.id == serving.id else following,
            lease=lease,
            batch_size=self.bridge.settings.model.batch_size,
            progress=self.progress,
            stop=self.stop,
        )

    def _group(self, lease: Lease, *, consolidating: bool = False) -> StepReport:
        return group(
            self.bridge.db,
            self.bridge.model_id,
            lease=lease,
            now=self._now,
            consolidating=consolidating,
            copies=self.bridge.vector_copies,
            progress=self.progress,
        )

    def _rank(self, lease: Lease) -> StepReport:
        return rank(self.bridge.db, lease=lease, now=self._now, progress=self.progress)

    def _alert(self, lease: Lease) -> StepReport:
        parts = self.bridge
        return alert(parts.db, parts.alert_rules, parts.reach, lease=lease, now=self._now, progress=self.progress)

    def _digest(self, lease: Lease) -> StepReport:
        parts = self.bridge
        return digest(
            parts.db,
            parts.weekly,
            parts.reach,
            lease=lease,
            now=self._now,
            progress=self.progress,
            anyway=self.digest_anyway,
        )

    def _thin(self, lease: Lease) -> StepReport:
        """Under the lease of rankings: what one of them still needs is not removed under its hands."""
        kept = self.bridge.settings.ranking
        keep = Keep(kept.keep_all_days, kept.keep_daily_days)
        return StepReport("thin", done=thin(self.bridge.db, keep, lease=lease, now=self._now))

    def _plan(self, lease: Lease) -> StepReport:
        types = {name: c.settings.type for name, c in self.bridge.connections.items()}
        return plan(self.bridge.db, types, lease=lease, now=self._now, progress=self.progress)

    def _push(self, lease: Lease) -> StepReport:
        return push(self.bridge.db, self._sinks(), lease=lease, now=self._now, progress=self.progress, stop=self.stop)

    def _sinks(self) -> dict[str, SinkPolicy]:
        """Help desks that take notes."""
        takers = self.bridge.having("remedy_sink")
        return {
            name: SinkPolicy(c.settings.remedy_tag, c.settings.remedy_fields)
            for name, c in self.bridge.having("help_desk").items()
            if name in takers
        }

    def _deliver(self) -> StepReport:
        """Needs no lease of its own: every outbox row is claimed by itself."""
        return deliver(
            self.bridge.db,
            {name: c.connector for name, c in self.bridge.connections.items()},
            owner=owner_id(),
            settings=self.bridge.settings.deliver,
            now=self._now,
            stop=self.stop,
            progress=self.progress,
            redact=lambda text: redact(text).text,
            compose=self.bridge.composer,
        )

    @property
    def _now(self) -> Callable[[], datetime]:
        return database_clock(self.bridge.db)
