"""The ranking that is stored: all clusters at once, from what is kept of their tickets.

Rule: reads only. Every figure is the one that ``computing.compute`` gives, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.bulk import Case, Scored
from bridge.analysis.bulk_scores import score_all
from bridge.analysis.explanation import ClusterFacts, omega, release_cut
from bridge.analysis.exposure import seconds
from bridge.analysis.ranking import Portfolio
from bridge.analysis.ranking import rank as in_order
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.summary import RowFacts
from bridge.analysis.value import AccountValue, Valuation
from bridge.analysis.weeks import weekly_accounts
from bridge.pipeline.rank.beside import Beside
from bridge.pipeline.rank.computing import facts_of_cluster
from bridge.pipeline.rank.keeping import Keeping, Kept, Reader
from bridge.pipeline.rank.people import People, value
from bridge.ranked.records import Side, snapshot_of
from bridge.ranked.values import STRANGER_FACTS, constants, unpacked, with_strangers
from bridge.store.clusters import RankRun
from bridge.store.rank_rows import values_data
from bridge.store.ranking import (
    all_accounts,
    all_segments,
    approved_plans,
    data_snapshot,
    living_clusters,
    renewal_dates,
)
from bridge.words import WorkaroundKind


@dataclass(frozen=True, slots=True)
class Standing:
    """A computed ranking, best first, not yet stored. ``facts`` and ``sides`` by cluster; ``before``: the run that its
    changes are told against; ``renewals``: days by account key; ``values`` are those of the accounts, strangers as one.
    """

    valuation: Valuation
    values: dict[str, AccountValue]
    scored: list[Scored]
    together: Portfolio
    facts: dict[int, RowFacts]
    sides: dict[int, Side]
    keeping: Keeping
    renewals: Mapping[str, int]
    before: RankRun | None

    @property
    def as_of(self) -> datetime:
        return self.valuation.as_of

    def snapshot_of(self, cluster_id: int) -> Snapshot:
        return snapshot_of(self.keeping.clusters[cluster_id].told, self.sides[cluster_id], self.valuation)


def standing(session: Session, as_of: datetime, before: RankRun | None, *, cold: bool = False) -> Standing:
    """Rank from present data, leaving out tickets created after ``as_of``. ``cold``: read all tickets anew.

    Raises LookupError where the constants or the segments have not been seeded.
    """
    snapshot = data_snapshot(session)
    config, version = constants(session)
    now = seconds(as_of)
    clusters = _clusters(session)
    cuts = {id_: release_cut(facts, now) for id_, facts in clusters.items()}
    reader = Reader(session, People.of(session, config, as_of), now, cuts, before.id if before else None)
    keeping = reader.keep(cold=cold)
    names = {"config_version": version, "data_snapshot": snapshot}
    valuation = _valuation(session, before, config, as_of, **names)
    kept = [keeping.clusters[id_] for id_ in clusters if id_ in keeping.clusters and keeping.clusters[id_].tickets]
    beside = Beside.of(session, config, as_of)
    sides = {k.cluster_id: _side(clusters[k.cluster_id], config, beside) for k in kept}
    cases = [Case(k.cluster_id, k.told, sides[k.cluster_id].override, sides[k.cluster_id].omega) for k in kept]
    lenient = with_strangers(valuation)
    scored, together = score_all(cases, lenient)
    facts = {k.cluster_id: _row_facts(k, clusters[k.cluster_id], sides[k.cluster_id], now) for k in kept}
    values, renewals = dict(valuation.accounts), _renewals(session, scored, as_of)
    return Standing(lenient, values, in_order(scored), together, facts, sides, keeping, renewals, before)


def _valuation(
    session: Session, before: RankRun | None, config: ScoringConfig, as_of: datetime, **names: Any
) -> Valuation:
    """Of every account, strangers as one. What an account is worth changes with the day, with accounts and with the
    constants: while all three are those of the run before, it is what that run kept.
    """
    if before is not None and before.values_id and _same_worth(before, as_of, **names):
        accounts = unpacked(values_data(session, before.values_id))
        return Valuation(as_of, config, names["config_version"], names["data_snapshot"], accounts)
    return value(all_segments(session), all_accounts(session), [STRANGER_FACTS], config, as_of, **names)


def _same_worth(before: RankRun, as_of: datetime, *, config_version: int, data_snapshot: str) -> bool:
    days = {at.astimezone(UTC).date() for at in (before.as_of, as_of)}
    then, now = (dict(part.split(":") for part in said.split("/")) for said in (before.snapshot, data_snapshot))
    same = all(then.get(name) == now.get(name) for name in ("accounts", "scoring"))
    return same and len(days) == 1 and before.config_version == config_version


def _renewals(session: Session, scored: Sequence[Scored], as_of: datetime) -> dict[str, int]:
    """Days to the renewal of the accounts that are named in reasons."""
    today = as_of.astimezone(UTC).date()
    ids = {int(key.removeprefix("account:")) for s in scored for key, _ in s.largest if key.startswith("account:")}
    return {f"account:{id_}": (day - today).days for id_, day in renewal_dates(session, ids).items()}


def _clusters(session: Session) -> dict[int, ClusterFacts]:
    """Every living cluster, without its tickets."""
    plans = approved_plans(session)
    return {
        id_: facts_of_cluster(id_, (), cluster.severity_override, plans.get(id_))
        for id_, cluster in living_clusters(session).items()
    }


def _side(cluster: ClusterFacts, config: ScoringConfig, beside: Beside) -> Side:
    handled, blocked = beside.handled_90d(cluster.id), beside.blocked_share(cluster.id)
    return Side(cluster.severity_override, omega(cluster, config), handled, blocked)


def _row_facts(kept: Kept, cluster: ClusterFacts, side: Side, now: float) -> RowFacts:
    kind = cluster.workaround
    return RowFacts(
        weeks=weekly_accounts(kept.recent["who"], kept.recent["created"], now),
        tickets=kept.tickets,
        members=kept.members,
        open_tickets=kept.open_tickets,
        workaround=f"{kind}, unverified" if kind is WorkaroundKind.FULL and not cluster.workaround_verified else kind,
        first_at=kept.first_at,
        omega=side.omega,
    )
