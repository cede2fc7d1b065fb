"""Who would move, and how the first issues would, if the rules of segments were others. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.analysis.record import Explanation
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.segment_drafts import Draft, Raw
from bridge.analysis.value import SegmentFacts, value_accounts
from bridge.pipeline.rank import compute
from bridge.pipeline.rank.accounts import facts_of
from bridge.service.access import Actor, Permission, require
from bridge.service.reranking import AT_ONCE
from bridge.service.segment_rules import drafted
from bridge.store.accounts import Account, Segment
from bridge.store.clusters import Cluster
from bridge.store.ranking import all_accounts, all_segments, count_members, scoring_config
from bridge.words import ExpectationTier

TOP = 20
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Move:
    """An account that would be in another segment, or count for another value; money per year."""

    account_id: int
    name: str
    before: str
    after: str
    value_before: float
    value_after: float


@dataclass(frozen=True, slots=True)
class Flow:
    """How many accounts would go from one segment to another, with what they count for."""

    before: str
    after: str
    accounts: int
    value_before: float
    value_after: float


@dataclass(frozen=True, slots=True)
class RankMove:
    """An issue of the present or the future Top 20 whose rank would change. None: not ranked."""

    cluster_id: int
    title: str
    before: int | None
    after: int | None
    score_before: float
    score_after: float


@dataclass(frozen=True, slots=True)
class Preview:
    """``moved`` of ``accounts``; ``moves``: the largest changes of value first, ``SHOWN`` at most.

    ``unknown_before`` and ``unknown_after``: what a requester of no known account counts for. ``ranks`` None: there are
    too many tickets to rank while somebody waits.
    """

    accounts: int
    moved: int
    value_before: float
    value_after: float
    unknown_before: float
    unknown_after: float
    flows: tuple[Flow, ...]
    moves: tuple[Move, ...]
    ranks: tuple[RankMove, ...] | None


def preview(session: Session, actor: Actor, raws: Sequence[Raw], *, at: datetime) -> Preview:
    """What these rules would change. Raises RulesRefused where they cannot be kept."""
    require(actor, Permission.EDIT_VALUES)
    drafts = drafted(raws)
    kept = all_segments(session)
    wanted, shown = _wanted(kept, drafts)
    accounts = all_accounts(session)
    before, after = _values(session, accounts, kept, at), _values(session, accounts, wanted, at)
    moves = []
    for account in accounts:
        (was, had), (will, gets) = before[account.id or 0], after[account.id or 0]
        if was != will or had != gets:
            moves.append(Move(account.id or 0, account.name, was, shown[will], had, gets))
    moves.sort(key=lambda m: (-abs(m.value_after - m.value_before), -max(m.value_before, m.value_after), m.name))
    return Preview(
        accounts=len(accounts),
        moved=len(moves),
        value_before=sum(value for _, value in before.values()),
        value_after=sum(value for _, value in after.values()),
        unknown_before=min(segment.value_default for segment in kept),
        unknown_after=min(segment.value_default for segment in wanted),
        flows=_flows(moves),
        moves=tuple(moves[:SHOWN]),
        ranks=_ranks(session, wanted, at) if count_members(session) <= AT_ONCE else None,
    )


def _wanted(kept: Sequence[Segment], drafts: Sequence[Draft]) -> tuple[list[Segment], dict[str, str]]:
    """The segments as they would be, and how each would be called. Here a renamed one goes by the name that it has
    now: an account that a file put into it would stay in it.
    """
    names = {segment.id: segment.name for segment in kept}
    wanted, shown = [], {}
    for place, draft in enumerate(drafts):
        name = names.get(draft.id) or (f"{draft.name} (new)" if draft.name in names.values() else draft.name)
        shown[name] = draft.name
        rule, default, tier = dict(draft.rule), draft.value_default, draft.expectation_tier
        wanted.append(Segment(name=name, rule=rule, value_default=default, expectation_tier=tier, position=place))
    return wanted, shown


def _values(
    session: Session, accounts: Sequence[Account], segments: Sequence[Segment], at: datetime
) -> Mapping[int, tuple[str, float]]:
    """By account: segment and what it counts for."""
    stored = scoring_config(session)
    config = ScoringConfig.from_dict(stored.params) if stored else ScoringConfig()
    rules = [(segment.name, segment.rule) for segment in segments]
    facts = {account.id or 0: facts_of(account, rules) for account in accounts}
    known = [SegmentFacts(s.name, s.value_default, ExpectationTier(s.expectation_tier)) for s in segments]
    valued = value_accounts(facts.values(), known, config, at, config_version=0, data_snapshot="").accounts
    return {id_: (valued[one.key].segment, valued[one.key].rates.value) for id_, one in facts.items()}


def _flows(moves: Sequence[Move]) -> tuple[Flow, ...]:
    found: dict[tuple[str, str], list[Move]] = {}
    for move in moves:
        found.setdefault((move.before, move.after), []).append(move)
    flows = [
        Flow(*pair, len(some), sum(m.value_before for m in some), sum(m.value_after for m in some))
        for pair, some in found.items()
    ]
    return tuple(sorted(flows, key=lambda flow: (-flow.accounts, flow.before, flow.after)))


def _ranks(session: Session, wanted: Sequence[Segment], at: datetime) -> tuple[RankMove, ...]:
    try:
        before = _placed(compute(session, at).explanations)
        after = _placed(compute(session, at, segments=wanted).explanations)
    except LookupError:
        return ()
    first = [id_ for id_, (rank, _) in {**before, **after}.items() if rank <= TOP]
    first += [id_ for id_, (rank, _) in before.items() if rank <= TOP and id_ not in first]
    titles = dict(session.exec(select(Cluster.id, Cluster.title).where(col(Cluster.id).in_(first))).all())
    moves = []
    for id_ in first:
        (was, had), (will, gets) = before.get(id_, (None, 0.0)), after.get(id_, (None, 0.0))
        if was != will:
            moves.append(RankMove(id_, titles.get(id_, ""), was, will, had, gets))
    return tuple(sorted(moves, key=lambda move: (move.after or len(after) + 1, move.cluster_id)))


def _placed(explanations: Sequence[Explanation]) -> dict[int, tuple[int, float]]:
    return {e.cluster_id: (place, e.score) for place, e in enumerate(explanations, start=1)}
