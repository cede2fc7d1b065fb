"""A CSV through the whole loop against plain encoding of its texts: python -m benchmarks.loop [--limit N] [--json]

Two syncs run as processes of their own, as `bridge sync` would be; then the same texts are encoded by
``SentenceTransformer.encode`` with the bundled model and its defaults. The database given must be empty.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.analysis.embedding import bundled_model_path
from bridge.bootstrap import build
from bridge.jobs import Jobs
from bridge.progress import SYNC
from bridge.settings import load_settings
from bridge.store.memberships import ticket_texts

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "sentence_transformers", "transformers")
MINUTES_BETWEEN = 9
DESK = {"BRIDGE__CONNECTIONS__DESK__TYPE": "files", "BRIDGE__CONNECTIONS__DESK__PATH": "exports"}


def write_export(data: Path, home: Path, limit: int | None) -> int:
    """Labelled texts as a ticket export of the last months in the workspace. Returns how many tickets."""
    with gzip.open(data, "rt", encoding="utf-8", newline="") as stream:
        texts = [row["text"] for row in csv.DictReader(stream)][:limit]
    (home / "exports").mkdir()
    first = datetime.now(UTC) - timedelta(minutes=MINUTES_BETWEEN * (len(texts) + 1))
    with (home / "exports" / "tickets.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("id", "created_at", "body"))
        for i, text in enumerate(texts, 1):
            table.writerow((i, (first + timedelta(minutes=MINUTES_BETWEEN * i)).isoformat(), text))
    return len(texts)


def sync_here(home: Path) -> None:
    """One sync in this process; prints what each step cost as one line of JSON."""
    bridge = build(load_settings(home))
    steps: list[dict[str, Any]] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for report in Jobs(bridge).each(SYNC):
        used = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        steps.append({"step": report.step, "done": report.done, "failed": report.failed, "error": report.error, **used})
        wall, cpu = time.perf_counter(), time.process_time()
    bridge.db.dispose()
    print(
        json.dumps(
            {
                "steps": steps,
                "cpu": time.process_time(),
                "peak_rss_mb": peak_rss_mb(),
                "torch_loaded": any(name in sys.modules for name in HEAVY),
            }
        )
    )


def peak_rss_mb() -> float:
    """Of this process alone: ru_maxrss would begin with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def sync_apart(home: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """One sync in a process of its own; ``seconds`` are from its start to its end, imports included."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.loop", "--inside", str(home)]
    out = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    told["seconds"] = time.perf_counter() - began
    if errors := [step for step in told["steps"] if step["error"]]:
        raise SystemExit(f"a step failed: {errors}")
    return told


def plain_encode(texts: list[str]) -> tuple[float, float]:
    """(seconds, CPU seconds) of encoding alone: the model is loaded and warm before the clock starts."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - not in the processes that are measured

    model = SentenceTransformer(str(bundled_model_path()), device="cpu", local_files_only=True)
    model.encode(texts[:32], show_progress_bar=False)
    wall, cpu = time.perf_counter(), time.process_time()
    model.encode(texts, show_progress_bar=False)
    return time.perf_counter() - wall, time.process_time() - cpu


def measure(data: Path, limit: int | None, database: str | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {**os.environ, **DESK, **({"BRIDGE__DATABASE__URL": database} if database else {})}
        os.environ.update(environment)
        n = write_export(data, home, limit)
        init = [sys.executable, "-m", "bridge", "--home", str(home), "init", "--yes"]
        subprocess.run(init, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        load = os.getloadavg()[0]
        first, second = (sync_apart(home, environment) for _ in range(2))
        bridge = build(load_settings(home))
        with bridge.db.read() as session:
            texts = [text for _, text in ticket_texts(session).values()]
        bridge.db.dispose()
    plain, plain_cpu = plain_encode(texts)
    (embed,) = (step for step in first["steps"] if step["step"] == "embed")
    others, others_cpu = first["seconds"] - embed["seconds"], first["cpu"] - embed["cpu"]
    return {
        "n": n,
        "database": "postgresql" if (database or "").startswith("postgresql") else "sqlite",
        "plain_encode_seconds": plain,
        "plain_encode_cpu": plain_cpu,
        "embed_seconds": embed["seconds"],
        "embed_cpu": embed["cpu"],
        "others_seconds": others,
        "others_cpu": others_cpu,
        "ratio": others / plain,
        "ratio_cpu": others_cpu / plain_cpu,
        "peak_rss_mb": max(first["peak_rss_mb"], second["peak_rss_mb"]),
        "second_sync_seconds": second["seconds"],
        "second_sync_share": second["seconds"] / first["seconds"],
        "torch_loaded_in_second_sync": second["torch_loaded"],
        "load_before": load,
        "steps": first["steps"],
    }


def table(result: Mapping[str, Any]) -> str:
    lines = ["| step | done | s | CPU s |", "|---|---|---|---|"]
    steps = [step for step in result["steps"] if step["done"]]
    lines += [f"| {s['step']} | {s['done']:,} | {s['seconds']:.1f} | {s['cpu']:.1f} |" for s in steps]
    lines += ["", "| figure | value |", "|---|---|"]
    figures = [(name, value) for name, value in result.items() if name != "steps"]
    lines += [
        f"| {name} | {value:.3g} |" if isinstance(value, float) else f"| {name} | {value} |" for name, value in figures
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data" / "banking77.csv.gz", help="gzipped CSV with text")
    parser.add_argument("--limit", type=int, help="only so many tickets")
    parser.add_argument("--database", help="URL of an empty database; SQLite in the workspace unless given")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        sync_here(options.inside)
        return
    if not options.data.exists():
        parser.error(
            f"{options.data} is not there: name a gzipped CSV with a column text by --data, or set BRIDGE_SHARED"
        )
    result = measure(options.data, options.limit, options.database)
    print(json.dumps(result, indent=1) if options.json else table(result))


if __name__ == "__main__":
    main()
