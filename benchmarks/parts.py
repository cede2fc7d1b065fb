"""Tickets that tell two issues: python -m benchmarks.parts [--apart .1,.3,.5,.8] [--sets banking77,hwu64] [--seed 7]

4,000 texts of a set are grouped together with 250 tickets of two paragraphs on two classes and 250 of two paragraphs on
one class, two texts a paragraph. An issue counts as the class that most of its texts have. Prints Markdown: for tickets
of two classes the share whose own or other issues are both, the share of which the own issue is one, and of the told
other issues those that are right; for tickets of one class the share told of at an issue of another class, and at all.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.streams.sets import Text, load_set
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.assigning import Params
from bridge.analysis.clustering import Plan, group
from bridge.analysis.secondary import Parts
from bridge.analysis.segments import segments

TEXTS, TOLD = 4000, 250


def made(texts: Sequence[Text], several: bool, chance: np.random.Generator) -> list[tuple[str, frozenset[str]]]:
    """(text, its classes) of ``TOLD`` tickets that the product divides."""
    by_class: dict[str, list[str]] = {}
    for item in texts:
        by_class.setdefault(item.label, []).append(item.text)
    names = sorted(name for name, those in by_class.items() if len(those) > 3)
    found: list[tuple[str, frozenset[str]]] = []
    while len(found) < TOLD:
        one, other = chance.choice(len(names), 2, replace=False)
        pair = (names[one], names[other] if several else names[one])
        lines = [by_class[name][i] for name in pair for i in chance.choice(len(by_class[name]), 2, replace=False)]
        text = "{}. {}.\n\n{}. {}.".format(*lines)
        if len(segments(text)) > 1:
            found.append((text, frozenset(pair)))
    return found


def planned(cache: Cache, texts: Sequence[str], told: Sequence[str], apart: float) -> Plan:
    vectors = cache.get([*texts, *told])
    parts = [(len(texts) + 1 + i, part) for i, text in enumerate(told) for part in segments(text)]
    portion = Parts([(id_, part.begins, part.ends) for id_, part in parts], cache.get([part.text for _, part in parts]))
    tickets = range(1, len(vectors) + 1)
    params = replace(Params(), apart=apart)
    return group(tickets, vectors, {}, params=params, consolidating=True, parts_of=lambda _: [portion])


def row(plan: Plan, labels: Sequence[str], told: Sequence[tuple[str, frozenset[str]]]) -> list[float]:
    """The five shares; the first ``TOLD`` of ``told`` are of two classes."""
    inside: dict[int, Counter[str]] = {}
    for ticket, label in enumerate(labels, start=1):
        inside.setdefault(plan.assign[ticket].cluster, Counter())[label] += 1
    name = {cluster: counts.most_common(1)[0][0] for cluster, counts in inside.items()}
    sums: Counter[str] = Counter()
    for i, (_, classes) in enumerate(told):
        ticket = len(labels) + 1 + i
        own = name.get(plan.assign[ticket].cluster)
        others = [name.get(said.cluster) for said in plan.secondary.get(ticket, ())]
        if i < TOLD:
            sums["both"] += classes <= {own, *others}
            sums["own"] += own in classes
            sums["said"] += len(others)
            sums["right"] += sum(other in classes for other in others)
        else:
            sums["wrong"] += any(other not in classes for other in others)
            sums["any"] += bool(others)
    return [sums["both"] / TOLD, sums["own"] / TOLD, sums["right"] / max(sums["said"], 1), sums["wrong"] / TOLD,
            sums["any"] / TOLD]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apart", default=str(Params().apart))
    parser.add_argument("--sets", default="banking77,hwu64,bitext27,stackoverflow20")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    cache = Cache(default_cache())
    print("| set | apart | two: both told | own issue is one | told are right | one: wrongly told | told at all |")
    print("|---|---|---|---|---|---|---|")
    for set_name in args.sets.split(","):
        chance = np.random.default_rng(args.seed)
        whole = load_set(set_name)
        order = chance.permutation(len(whole)).tolist()
        base, rest = [whole[i] for i in order[:TEXTS]], [whole[i] for i in order[TEXTS:]]
        told = made(rest, True, chance) + made(rest, False, chance)
        for apart in map(float, args.apart.split(",")):
            plan = planned(cache, [item.text for item in base], [text for text, _ in told], apart)
            shares = row(plan, [item.label for item in base], told)
            print(f"| {set_name} | {apart:g} | {' | '.join(f'{100 * share:.0f} %' for share in shares)} |", flush=True)


if __name__ == "__main__":
    main()
