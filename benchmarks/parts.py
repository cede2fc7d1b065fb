"""Tickets that tell two issues: python -m benchmarks.parts [--clear .5,.65] [--apart .8,1] [--sets banking77] [--seeds 7]

4,000 texts of a set are grouped together with 250 tickets of two paragraphs on two classes and 250 of two paragraphs on
one class, two texts a paragraph (``--each 1``: one). An issue counts as the class that most of its texts have. Prints
Markdown: for tickets of two classes how many are told of elsewhere, the share of the told that are of the ticket's
classes, and of tickets whose own issue is of one of them; for tickets of one class the share told of elsewhere, and of
them at an issue of another class.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from benchmarks.streams.sets import Text, load_set
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.assigning import Params
from bridge.analysis.clustering import group
from bridge.analysis.embedding import Vectors
from bridge.analysis.secondary import Parts
from bridge.analysis.segments import segments

TEXTS, TOLD = 4000, 250
DRAWS = 100 * TOLD
"""A set of texts too short to make so many tickets gives fewer."""
Told = tuple[str, frozenset[str]]


def made(texts: Sequence[Text], several: bool, each: int, chance: np.random.Generator) -> list[Told]:
    """``TOLD`` tickets that the product divides, and their classes."""
    by_class: dict[str, list[str]] = {}
    for item in texts:
        by_class.setdefault(item.label, []).append(item.text)
    names = sorted(name for name, those in by_class.items() if len(those) > 3)
    found: list[Told] = []
    for _ in range(DRAWS):
        one, other = chance.choice(len(names), 2, replace=False)
        pair = (names[one], names[other] if several else names[one])
        paragraphs = [
            " ".join(f"{by_class[name][i]}." for i in chance.choice(len(by_class[name]), each, replace=False))
            for name in pair
        ]
        text = "\n\n".join(paragraphs)
        if len(segments(text)) > 1:
            found.append((text, frozenset(pair)))
        if len(found) == TOLD:
            break
    return found


@dataclass(frozen=True)
class Drawn:
    """``labels`` of the first texts; the rest of ``vectors`` is that of ``told``."""

    labels: list[str]
    told: list[Told]
    vectors: Vectors
    parts: Parts


def draw(cache: Cache, set_name: str, each: int, seed: int) -> Drawn:
    chance = np.random.default_rng(seed)
    whole = load_set(set_name)
    order = chance.permutation(len(whole)).tolist()
    base, rest = [whole[i] for i in order[:TEXTS]], [whole[i] for i in order[TEXTS:]]
    told = made(rest, True, each, chance) + made(rest, False, each, chance)
    parts = [(len(base) + 1 + i, part) for i, (text, _) in enumerate(told) for part in segments(text)]
    return Drawn(
        [item.label for item in base],
        told,
        cache.get([*(item.text for item in base), *(text for text, _ in told)]),
        Parts([(id_, part.begins, part.ends) for id_, part in parts], cache.get([part.text for _, part in parts])),
    )


def count(drawn: Drawn, params: Params) -> Counter[str]:
    tickets = range(1, len(drawn.vectors) + 1)
    plan = group(tickets, drawn.vectors, {}, params=params, consolidating=True, parts_of=lambda _: [drawn.parts])
    inside: dict[int, Counter[str]] = {}
    for ticket, label in enumerate(drawn.labels, start=1):
        inside.setdefault(plan.assign[ticket].cluster, Counter())[label] += 1
    name = {cluster: counts.most_common(1)[0][0] for cluster, counts in inside.items()}
    sums: Counter[str] = Counter()
    for i, (_, classes) in enumerate(drawn.told):
        ticket = len(drawn.labels) + 1 + i
        others = [name.get(said.cluster) for said in plan.secondary.get(ticket, ())]
        which = "two" if len(classes) > 1 else "one"
        sums[which] += 1
        sums[f"{which}: said"] += len(others)
        sums[f"{which}: right"] += sum(other in classes for other in others)
        sums[f"{which}: told"] += bool(others)
        sums[f"{which}: wrongly"] += any(other not in classes for other in others)
        sums[f"{which}: own"] += name.get(plan.assign[ticket].cluster) in classes
    return sums


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clear", default=str(Params().clear))
    parser.add_argument("--apart", default=str(Params().apart))
    parser.add_argument("--sets", default="banking77,hwu64,bitext27,stackoverflow20")
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--seeds", default="7,8,9")
    args = parser.parse_args()
    cache = Cache(default_cache())
    print("| set | clear | apart | two: told elsewhere | told are right | own is one | one: told elsewhere | wrongly |")
    print("|---|---|---|---|---|---|---|---|")
    for set_name in args.sets.split(","):
        draws = [draw(cache, set_name, args.each, int(seed)) for seed in args.seeds.split(",")]
        for clear, apart in product(map(float, args.clear.split(",")), map(float, args.apart.split(","))):
            params = replace(Params(), clear=clear, apart=apart)
            n = sum((count(drawn, params) for drawn in draws), Counter())
            pairs = (("two: told", "two"), ("two: right", "two: said"), ("two: own", "two"), ("one: told", "one"),
                     ("one: wrongly", "one"))  # fmt: skip
            shares = " | ".join(f"{100 * n[a] / max(n[b], 1):.0f} %" for a, b in pairs)
            print(f"| {set_name} | {clear:g} | {apart:g} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
