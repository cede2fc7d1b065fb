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
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bridge.analysis.embedding import Embedder, bundled_model_id, bundled_model_path, load_embedder
from bridge.pipeline.embed import embed
from bridge.store import vectors
from bridge.store.db import Database
from bridge.store.leases import held
from bridge.store.tables import metadata

LENGTHS = (17, 30, 127)
ROUNDS = 3


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


def through_the_step(embedder: Embedder, texts: list[str]) -> None:
    """``missing_texts`` is answered from memory: making the tickets is not what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/bridge.db")
        metadata.create_all(db.engine)
        waiting = [(hashlib.sha256(text.encode()).hexdigest(), text) for text in texts]
        _fill(db, waiting)
        with held(db, "step:embed", 3600) as lease:
            assert lease is not None
            report = embed(db, bundled_model_id(), lambda: embedder, lease=lease, batch_size=256)
        assert report.done == len(texts), report
        with db.read() as session:
            assert vectors.count_missing(session, bundled_model_id()) == 0
        db.dispose()


def _fill(db: Database, waiting: list[tuple[str, str]]) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from bridge.store.tickets import Ticket  # noqa: PLC0415

    at = datetime(2026, 1, 1, tzinfo=UTC)
    with db.write() as session:
        for number, (content_hash, text) in enumerate(waiting):
            row = {c.name: "" for c in Ticket.__table__.columns if not c.nullable and c.name != "id"}  # type: ignore[attr-defined]
            times = {name: at for name in row if name.endswith("_at")}
            own = {"source_id": str(number), "embed_hash": content_hash, "embed_text": text}
            session.add(Ticket(**{**row, **times, **own, "tags": [], "attributes": {}}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data" / "banking77.csv.gz")
    parser.add_argument("--texts", type=int, default=1000)
    options = parser.parse_args()
    with gzip.open(options.data, "rt", encoding="utf-8", newline="") as stream:
        rows = [row["text"] for row in csv.DictReader(stream)]
    rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    ours = load_embedder(None, backend="onnx")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - after the embedder has gone offline

    plain = SentenceTransformer(str(bundled_model_path()), device="cpu", local_files_only=True)
    print("| tokens | texts | plain texts/s | step texts/s | ratio | plain per CPU s | step per CPU s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for tokens in LENGTHS:
        count = max(16, options.texts * LENGTHS[0] // tokens)
        texts = of_length(rows, tokens, count, lambda text: len(plain.tokenizer(text)["input_ids"]))
        best = {"plain": (0.0, 0.0), "step": (0.0, 0.0)}
        for _ in range(ROUNDS):
            for name in best:
                wall, cpu = time.perf_counter(), time.process_time()
                if name == "plain":
                    plain.encode(texts)
                else:
                    through_the_step(ours, texts)
                rates = count / (time.perf_counter() - wall), count / (time.process_time() - cpu)
                best[name] = max(best[name][0], rates[0]), max(best[name][1], rates[1])
        (a, b), (c, d) = best["plain"], best["step"]
        print(f"| {tokens} | {count} | {a:.0f} | {c:.0f} | {c / a:.1f} | {b:.0f} | {d:.0f} | {d / b:.1f} |", flush=True)


if __name__ == "__main__":
    main()
