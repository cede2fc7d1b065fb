"""How long other constants take to be tried on a ranking of many issues. No model, no database: `python benchmarks/what_if.py`.

Rule: the issues are made from a seed; times are of the processor, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.analysis.explanation import ClusterFacts, explain
from bridge.analysis.exposure import TicketSignal
from bridge.analysis.ranking import rank
from bridge.analysis.record import Explanation
from bridge.analysis.rescoring import Columns, Row, Words, rescore
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import AccountFacts, SegmentFacts, Valuation, value_accounts
from bridge.words import ExpectationTier, Priority, RiskBand, WorkaroundKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIG = ScoringConfig()
ACCOUNTS = 20_000
TRIED = {
    "unchanged": CONFIG,
    "kappa": replace(CONFIG, kappa=0.3),
    "risk of accounts not known": replace(CONFIG, default_beta=0.2),
    "renewal": replace(CONFIG, renewal_boost=0.2),
    "severity weight": replace(CONFIG, severity_weight={**CONFIG.severity_weight, "S2": 0.6}),
    "severity of a priority": replace(CONFIG, priority_severity={**CONFIG.priority_severity, "high": "S1"}),
}


def accounts(chance: random.Random) -> list[AccountFacts]:
    return [
        AccountFacts(
            key=f"account:{number}",
            name=f"account:{number}",
            segment="all",
            arr=chance.uniform(1e3, 1e5),
            risk_band=chance.choice([None, *RiskBand]),
            renewal_date=NOW.date() + timedelta(days=chance.randrange(-20, 300)),
            expectation_tier=chance.choice(list(ExpectationTier)),
        )
        for number in range(ACCOUNTS)
    ]


def issue(number: int, chance: random.Random, valuation: Valuation) -> Explanation:
    """About 20 accounts, most with one ticket, the dear ones in more issues than the others."""
    signals = []
    for place in range(max(1, int(chance.expovariate(1 / 20)))):
        key = f"account:{int(ACCOUNTS * chance.random() ** 2)}"
        for turn in range(chance.choice([1, 1, 1, 2, 4])):
            last = NOW - timedelta(days=chance.random() * 200)
            created = last - timedelta(days=chance.random() * 30)
            name, priority = f"{number}-{place}-{turn}", chance.choice(list(Priority))
            certain = chance.random() / 2 + 0.5
            signals.append(TicketSignal(name, key, priority, chance.random() < 0.4, created, last, certain))
    return explain(ClusterFacts(number, signals), valuation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    people = accounts(chance)
    segments = [SegmentFacts("all", 1.0)]
    valuation = value_accounts(people, segments, CONFIG, NOW, config_version=1, data_snapshot="benchmark")
    found = rank(issue(number, chance, valuation) for number in range(asked.issues))
    stored = [json.dumps(e.inputs) for e in found]
    print(f"{len(found)} issues, {sum(e.accounts for e in found)} pairs, {sum(map(len, stored)):,} bytes")
    begin = time.process_time()
    none = WorkaroundKind.NONE
    rows = zip(found, stored, strict=True)
    columns = Columns.of(Row(e.cluster_id, e.score, False, e.last_signal, none, json.loads(raw)) for e, raw in rows)
    print(f"{'read':<28}{time.process_time() - begin:6.2f} s")
    words = {a.key: Words(a.risk_band, a.expectation_tier, a.renewal_date) for a in people}
    for name, config in TRIED.items():
        begin = time.process_time()
        rescore(columns, words, CONFIG, config)
        print(f"{name:<28}{time.process_time() - begin:6.2f} s")


if __name__ == "__main__":
    main()
