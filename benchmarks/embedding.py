"""The embedding step against plain SentenceTransformer.encode, in turns: python benchmarks/embedding.py [--texts N]

Same texts, same order, all cores for both. "Through the step" is bridge/pipeline/embed.py into a new SQLite database,
one text a ticket, the model loaded before. The best of three rounds counts; beside it texts a second of processor time,
which a busy machine distorts less.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.plots import draw
from bridge.analysis.embedding import Embedder, bundled_model_id, bundled_model_path, load_embedder
from bridge.pipeline.embed import embed
from bridge.store.db import Database
from bridge.store.leases import held
from bridge.store.tables import metadata
from bridge.store.tickets import Ticket

LENGTHS = (17, 30, 127)
ROUNDS = 3
Taken = tuple[float, float]
"""Seconds by the clock, seconds of the processor."""


def of_length(rows: list[str], tokens: int, count: int, measure: Callable[[str], int]) -> list[str]:
    """Distinct texts of about so many tokens: questions laid end to end, cut at a word."""
    made, place = [], 0
    while len(made) < count:
        words: list[str] = []
        while measure(" ".join(words)) < tokens:
            words += rows[place % len(rows)].split()
            place += 1
        while len(words) > 1 and measure(" ".join(words)) > tokens:
            words.pop()
        made.append(f"{' '.join(words)} {len(made)}")
    return made


def through_the_step(embedder: Embedder, texts: list[str], folder: str) -> Taken:
    """Seconds of the step alone, by the clock and of the processor: the tickets are there before."""
    db = Database(f"sqlite:///{folder}/{time.monotonic_ns()}.db")
    metadata.create_all(db.engine)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    fixed = {"connection": "desk", "subject": "", "record_hash": "", "status": "open", "priority": "normal"}
    times = {"created_at": at, "updated_at": at, "last_customer_at": at}
    with db.write() as session:
        for number, text in enumerate(texts):
            content = {"embed_text": text, "embed_hash": hashlib.sha256(text.encode()).hexdigest()}
            session.add(Ticket(source_id=str(number), **fixed, **times, **content))
    with held(db, "step:embed", 3600) as lease:
        assert lease is not None
        began = time.perf_counter(), time.process_time()
        report = embed(db, bundled_model_id(), lambda: embedder, lease=lease, batch_size=256)
        taken = time.perf_counter() - began[0], time.process_time() - began[1]
    assert report.done == len(texts), report
    db.dispose()
    return taken


def plainly(model: Any, texts: list[str]) -> Taken:
    began = time.perf_counter(), time.process_time()
    model.encode(texts)
    return time.perf_counter() - began[0], time.process_time() - began[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data" / "banking77.csv.gz")
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--plots", type=Path, help="folder for a plot of speed by length")
    options = parser.parse_args()
    with gzip.open(options.data, "rt", encoding="utf-8", newline="") as stream:
        rows = [row["text"] for row in csv.DictReader(stream)]
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    ours = load_embedder(None, backend="onnx")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - after the embedder has gone offline

    plain = SentenceTransformer(str(bundled_model_path()), device="cpu", local_files_only=True)
    print("| tokens | texts | plain texts/s | step texts/s | ratio | plain per CPU s | step per CPU s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    speeds: dict[str, list[float]] = {"plain": [], "through the step": []}
    for tokens in LENGTHS:
        count = max(16, options.texts * LENGTHS[0] // tokens)
        texts = of_length(rows, tokens, count, lambda text: len(plain.tokenizer(text)["input_ids"]))
        runs: dict[str, list[Taken]] = {"plain": [], "step": []}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(ROUNDS):
                runs["plain"].append(plainly(plain, texts))
                runs["step"].append(through_the_step(ours, texts, folder))
        (a, b), (c, d) = ([count / min(column) for column in zip(*taken, strict=True)] for taken in runs.values())
        print(f"| {tokens} | {count} | {a:.0f} | {c:.0f} | {c / a:.1f} | {b:.0f} | {d:.0f} | {d / b:.1f} |", flush=True)
        for name, speed in zip(speeds, (a, c), strict=True):
            speeds[name].append(speed)
    if options.plots:
        lines = [(name, LENGTHS, of) for name, of in speeds.items()]
        draw(options.plots / "speed_by_length.svg", "Embedding", "tokens a text", "texts a second", lines)


if __name__ == "__main__":
    main()
