"""What a ranking tells beside the scores, read for all issues at once. Rule: read after the scores, never by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bridge.analysis.beside import costs
from bridge.analysis.scoring import ScoringConfig
from bridge.store.beside import blocked_shares, handled


@dataclass(frozen=True, slots=True)
class Beside:
    """By issue: tickets of the last 90 days by supplier, and what of its accounts' growth it blocks."""

    config: ScoringConfig
    handled: Mapping[int, Mapping[str | None, int]]
    blocked: Mapping[int, float]

    @classmethod
    def of(cls, session: Session, config: ScoringConfig, as_of: datetime) -> Beside:
        priced = bool(config.unit_cost or config.supplier_unit_cost)
        counted = handled(session, as_of, config.internal_domains) if priced else {}
        return cls(config, counted, blocked_shares(session))

    def handled_90d(self, cluster_id: int) -> list[tuple[int, float]] | None:
        return costs(self.handled.get(cluster_id, Counter()), self.config)

    def blocked_share(self, cluster_id: int) -> float | None:
        return self.blocked.get(cluster_id)
