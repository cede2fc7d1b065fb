"""A stream as CSV on standard output, in the order of its days: python -m benchmarks.streams --n 10000 > stream.csv

`bridge evaluate stream.csv --in-order --batches 20` then measures it through the real steps.
"""

from __future__ import annotations

import argparse
import csv
import sys

from benchmarks.streams import SETS, load_set, others_of, stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="banking77", help=f"clustered, by comma: {', '.join(SETS)}")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--one-offs", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="the bare texts, not wrapped as mail")
    parser.add_argument("--typos", type=float, default=0.0)
    parser.add_argument("--emerging", type=float, default=0.0)
    options = parser.parse_args()
    names = options.sets.split(",")
    items = stream(
        [load_set(name) for name in names],
        options.n,
        options.one_offs,
        options.seed,
        others=[load_set(name) for name in others_of(names)],
        wrapped=not options.plain,
        typos=options.typos,
        emerging=options.emerging,
    )
    table = csv.writer(sys.stdout)
    table.writerow(("day", "sender", "text", "label"))
    table.writerows((f"{item.day:.3f}", item.sender, item.text, item.label) for item in items)


if __name__ == "__main__":
    main()
