"""One new ticket against many clusters, its embedding included: python -m benchmarks.assign_one [--clusters N] [--looks N]

In memory: frame, embedder and clusters are there, as in a worker that keeps them. Texts are those of banking77; clusters
are generated from them (benchmarks/volume.py). Prints milliseconds.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from benchmarks.streams import load_set
from benchmarks.vectors import Cache, default_cache
from benchmarks.volume import generated, real
from bridge.analysis.assigning import Params, assign
from bridge.analysis.embedding import Vectors, load_embedder
from bridge.analysis.partition import Constraints, Partition
from bridge.analysis.smoothing import make_frame

A_CLUSTER = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=5000)
    parser.add_argument("--looks", type=int, default=300)
    parser.add_argument("--cache", type=Path, default=default_cache(), help="folder for vectors")
    options = parser.parse_args()
    count = options.clusters * A_CLUSTER
    vectors, _ = generated(real(Cache(options.cache)), count, 0)
    params = Params()
    frame = make_frame(range(count), vectors, params.smoothing)
    room: Vectors = np.zeros((options.looks, vectors.shape[1]), dtype=np.float32)
    points = np.concatenate([frame.view(vectors), room])
    partition = Partition(points, options.clusters, {row: row % options.clusters for row in range(count)})
    embedder = load_embedder(None, threads=1)
    banking = load_set("banking77")
    chosen = np.random.default_rng(0).permutation(len(banking))[: options.looks]
    texts = [banking[row].text for row in chosen.tolist()]
    embedder.encode(texts[:1])
    wall, cpu = [], []
    for row, text in enumerate(texts, start=count):
        began, used = time.perf_counter(), time.process_time()
        points[row] = frame.view(embedder.encode([text]))[0]
        assign(partition, np.array([row]), Constraints(), params)
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    print(f"load {os.getloadavg()[0]:.1f}; {options.clusters:,} clusters, {options.looks} tickets, ms")
    for name, values in (("wall", wall), ("CPU", cpu)):
        print(f"{name}: p50 {np.quantile(values, 0.5):.1f}, p95 {np.quantile(values, 0.95):.1f}")


if __name__ == "__main__":
    main()
