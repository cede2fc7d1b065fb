"""Our batches against plain SentenceTransformer.encode, in turns: python benchmarks/embedding.py [--texts N]

Both use the bundled model, the same texts in the same order and the same threads; the better of three runs counts.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bridge.analysis.embedding import SentenceTransformerEmbedder, bundled_model_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data" / "banking77.csv.gz")
    parser.add_argument("--texts", type=int, default=1000)
    options = parser.parse_args()
    with gzip.open(options.data, "rt", encoding="utf-8", newline="") as stream:
        rows = [row["text"] for row in csv.DictReader(stream)]
    texts = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[: options.texts]]
    ours = SentenceTransformerEmbedder()
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - after the embedder has gone offline

    plain = SentenceTransformer(str(bundled_model_path()), device="cpu", local_files_only=True)
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(3):
        for name, encode in (("plain", plain.encode), ("ours", ours.encode)):
            start = time.perf_counter()
            encode(texts)
            seconds[name].append(time.perf_counter() - start)
    best = {name: len(texts) / min(runs) for name, runs in seconds.items()}
    print(
        f"ours {best['ours']:.0f} texts/s, plain {best['plain']:.0f} texts/s, ratio {best['ours'] / best['plain']:.2f}"
    )


if __name__ == "__main__":
    main()
