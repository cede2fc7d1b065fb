"""The shipped steps on labelled rows in a workspace that is thrown away. Rule: labels never reach the steps.

The rows become a ticket export (text = body) that the file connection pulls, so cleaning, embedding and grouping are
those of ``bridge sync`` with default settings, whatever this machine's configuration says.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlmodel import col, delete, insert, select

from bridge.analysis.embedding import Embedder, Vectors, unpack
from bridge.analysis.evaluation import Quality, evaluate
from bridge.bootstrap import Bridge, build
from bridge.evaluating.labelled import NotMeasurable, Row
from bridge.jobs import Jobs
from bridge.progress import Progress, StepReport
from bridge.service.seeds import seed
from bridge.settings import CONFIG_NAME, load_settings
from bridge.store.clusters import Cluster, Membership
from bridge.store.migrate import upgrade
from bridge.store.models import Chosen
from bridge.store.tickets import Ticket
from bridge.store.vectors import Vector

_CONFIG = '[connections.file]\ntype = "files"\npath = "exports"\n'
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_APART = timedelta(minutes=3)
_CHUNK = 5_000
_LAST = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured. Rates are a second of wall time, of whole steps with their database.

    embed_texts_per_second: distinct texts of the embed step, the model being loaded. assign_per_second: the last tenth
    of the tickets, taken out again and placed by the step without a consolidation. cluster_seconds: the group step of
    all tickets at once. ari_incremental_vs_full: agreement of the groups after ``batches`` with those of all at once.
    moved_share: for each consolidation but the first, the share of the tickets of earlier batches that have another
    issue than before the batch; a ticket whose issue was merged into another has not moved.
    """

    quality: Quality
    embed_texts_per_second: float
    assign_per_second: float
    cluster_seconds: float
    peak_rss_mb: float
    rows: tuple[Row, ...]
    texts: tuple[str, ...]
    vectors: Vectors
    notes: tuple[str, ...]
    ari_incremental_vs_full: float | None = None
    moved_share: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The figures by their documented names."""
        q = self.quality
        shown: dict[str, object] = {name: getattr(q, name) for name in q.__dataclass_fields__}
        names = ("embed_texts_per_second", "assign_per_second", "cluster_seconds", "peak_rss_mb")
        shown |= {name: getattr(self, name) for name in names}
        if self.ari_incremental_vs_full is not None:
            shown["ari_incremental_vs_full"] = self.ari_incremental_vs_full
            shown["moved_share"] = list(self.moved_share)
        return shown


@dataclass(frozen=True)
class _Loaded(Bridge):
    """The same installation with the model loaded before the clock starts."""

    embedder: list[Embedder] = field(default_factory=list)

    def load_embedder(self, model: Chosen | None = None, *, threads: int | None = None) -> Embedder:
        if not self.embedder:
            self.embedder.append(super().load_embedder(model, threads=threads))
        return self.embedder[0]


def run(rows: Sequence[Row], *, batches: int | None, progress: Progress) -> Outcome:
    """Raises NotMeasurable where a step fails or no row can be grouped."""
    loaded: list[Embedder] = []
    with _workspace(loaded) as bridge:
        progress("load the model", 0, None)
        bridge.load_embedder()
        jobs = Jobs(bridge, progress=progress)
        _export(bridge, rows, 0)
        reports = _run(jobs, ("pull", "relearn", "embed", "group"))
        placed = _places(bridge)
        if not placed:
            raise NotMeasurable("no row could be stored as a ticket: see what was set aside")
        embedded, grouped = reports["embed"], reports["group"]
        numbers = sorted(placed)
        kept = tuple(rows[i] for i in numbers)
        labels = [placed[i] for i in numbers]
        texts, vectors = _vectors(bridge, numbers)
        assigned = _last_again(jobs, numbers)
        notes = [f"{reports['pull'].failed:,} rows set aside by the intake"] if reports["pull"].failed else []
        incremental, moved = _in_batches(bridge, rows, batches, loaded, progress) if batches else ({}, ())
    return Outcome(
        quality=evaluate([row.label for row in kept], labels),
        embed_texts_per_second=_rate(embedded.done, embedded.seconds),
        assign_per_second=assigned,
        cluster_seconds=grouped.seconds,
        peak_rss_mb=peak_rss_mb(),
        rows=kept,
        texts=texts,
        vectors=vectors,
        notes=tuple(notes),
        ari_incremental_vs_full=evaluate(labels, [incremental[i] for i in numbers]).ari if batches else None,
        moved_share=moved,
    )


def peak_rss_mb() -> float:
    """Of this process since it began; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.open() if line.startswith("VmHWM:")), 0.0)


@contextmanager
def _workspace(loaded: list[Embedder]) -> Iterator[Bridge]:
    with tempfile.TemporaryDirectory(prefix="bridge-evaluate-") as folder:
        home = Path(folder)
        (home / CONFIG_NAME).write_text(_CONFIG, encoding="utf-8")
        (home / "exports").mkdir()
        plain = build(load_settings(home, environ={}))
        bridge = _Loaded(plain.settings, plain.db, plain.connections, loaded)
        try:
            upgrade(bridge.db)
            with bridge.db.write() as session:
                seed(session, currency="EUR", internal_domains=(), at=_EPOCH)
            yield bridge
        finally:
            bridge.db.dispose()


def _export(bridge: Bridge, rows: Sequence[Row], first: int) -> None:
    """``rows`` as a further file of the help desk; a ticket's id is the number of its row."""
    path = bridge.settings.home / "exports" / f"{first:09}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("id", "created_at", "body"))
        for number, row in enumerate(rows, first):
            table.writerow((number, (_EPOCH + number * _APART).isoformat(), row.text))


def _run(jobs: Jobs, steps: tuple[str, ...]) -> dict[str, StepReport]:
    return _sound(jobs.run(steps))


def _sound(reports: Sequence[StepReport]) -> dict[str, StepReport]:
    for report in reports:
        if report.error:
            raise NotMeasurable(f"the step {report.step} failed: {report.error}")
    return {report.step: report for report in reports}


def _places(bridge: Bridge) -> dict[int, int]:
    """Number of the row -> cluster."""
    query = select(Ticket.source_id, Membership.cluster_id).join(
        Membership, col(Membership.ticket_id) == col(Ticket.id)
    )
    with bridge.db.read() as session:
        return {int(number): cluster for number, cluster in session.exec(query)}


def _vectors(bridge: Bridge, numbers: Sequence[int]) -> tuple[tuple[str, ...], Vectors]:
    """What was embedded of each row, and its vector, shape (n, d); zeros where cleaning left nothing."""
    query = select(Ticket.source_id, Ticket.embed_text, Vector.data).join(
        Vector, col(Vector.content_hash) == col(Ticket.embed_hash), isouter=True
    )
    with bridge.db.read() as session:
        rows = {int(number): (text, data) for number, text, data in session.exec(query)}
    width = max((len(data) for _, data in rows.values() if data), default=2)
    packed = b"".join(rows[i][1] or bytes(width) for i in numbers)
    return tuple(rows[i][0] for i in numbers), unpack(packed).reshape(len(numbers), -1)


def _last_again(jobs: Jobs, numbers: Sequence[int]) -> float:
    """Tickets a second that the group step places when the last tenth is new."""
    last = [str(i) for i in numbers[-max(1, len(numbers) // _LAST) :]]
    with jobs.bridge.db.write() as session:
        for start in range(0, len(last), _CHUNK):
            ids = select(Ticket.id).where(col(Ticket.source_id).in_(last[start : start + _CHUNK]))
            session.execute(delete(Membership).where(col(Membership.ticket_id).in_(ids)))
    return _rate(len(last), _run(jobs, ("group",))["group"].seconds)


def _in_batches(
    full: Bridge, rows: Sequence[Row], batches: int, loaded: list[Embedder], progress: Progress
) -> tuple[dict[int, int], tuple[float, ...]]:
    """The same rows day by day: each batch is pulled and placed, then comes the night's consolidation."""
    moved: list[float] = []
    with _workspace(loaded) as bridge:
        _copy_vectors(full, bridge)
        jobs = Jobs(bridge)
        before: Mapping[int, int] = {}
        borders = [len(rows) * batch // batches for batch in range(batches + 1)]
        for batch, (start, end) in enumerate(pairwise(borders), 1):
            _export(bridge, rows[start:end], start)
            _run(jobs, ("pull", "relearn", "embed", "group"))
            _sound(jobs.nightly())
            after = _places(bridge)
            if before:
                winners = _winners(bridge)
                moved.append(sum(winners.get(c, c) != after[i] for i, c in before.items()) / len(before))
            before = after
            progress("batches", batch, batches)
        return dict(before), tuple(moved)


def _winners(bridge: Bridge) -> dict[int, int]:
    """Every cluster that was merged away -> the one that lives."""
    query = select(Cluster.id, Cluster.merged_into).where(col(Cluster.merged_into).is_not(None))
    with bridge.db.read() as session:
        into = {loser or 0: winner or 0 for loser, winner in session.exec(query)}

    def living(cluster: int) -> int:
        while cluster in into:
            cluster = into[cluster]
        return cluster

    return {loser: living(loser) for loser in into}


def _copy_vectors(source: Bridge, target: Bridge) -> None:
    """So that no text is embedded twice."""
    with source.db.read() as session:
        rows = [
            {"model": v.model, "content_hash": v.content_hash, "data": v.data, "crc": v.crc}
            for v in session.exec(select(Vector))
        ]
    with target.db.write() as session:
        for start in range(0, len(rows), _CHUNK):
            session.execute(insert(Vector), rows[start : start + _CHUNK])


def _rate(count: int, seconds: float) -> float:
    return count / seconds if seconds else 0.0
