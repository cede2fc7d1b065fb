"""The rules of segments, for people who may read values; changing them is for those who may change values."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bridge.web.api.schemas.common import Id, In, Out, Why
from bridge.words import ExpectationTier, Lifecycle, LocationClass, RiskBand


class RuleIn(In):
    """A segment: all conditions must hold. The last one of the list has none. ``id`` null: a new segment.

    Money per year in the reporting currency.
    """

    id: Id | None = None
    name: str = Field(max_length=200)
    value_default: float = Field(ge=0, le=1e12)
    expectation_tier: ExpectationTier
    value_at_least: float | None = Field(None, ge=0, le=1e12)
    growth_at_least: float | None = Field(None, ge=0, le=1e12)
    region: list[str] = Field([], max_length=100)
    language: list[str] = Field([], max_length=100)
    tier: list[ExpectationTier] = Field([])
    risk_band: list[RiskBand] = Field([])
    lifecycle: list[Lifecycle] = Field([])
    required_location: list[LocationClass] = Field([])
    named_only: bool = Field(False, description="Only accounts that an import names for it")


class RulesIn(In):
    rules: list[RuleIn] = Field(min_length=1, max_length=31)


class RulesWanted(Why):
    """``mark`` as it was read with the rules that the change began from."""

    mark: str = Field(max_length=64)
    rules: list[RuleIn] = Field(min_length=1, max_length=31)


class LastChangeOut(Out):
    """``event`` can be taken back; null: the rules have changed since."""

    by: str
    at: datetime
    why: str | None
    event: int | None


class RulesOut(Out):
    """In their order: the first that holds wins."""

    rules: list[RuleIn]
    mark: str
    currency: str
    may_edit: bool
    last: LastChangeOut | None


class FlowOut(Out):
    before: str
    after: str
    accounts: int
    value_before: float
    value_after: float


class AccountMoveOut(Out):
    account_id: int
    name: str
    before: str
    after: str
    value_before: float
    value_after: float


class RankMoveOut(Out):
    cluster_id: int
    title: str
    before: int | None
    after: int | None
    score_before: float
    score_after: float


class PreviewOut(Out):
    """``moves``: the largest changes first, 50 at most. ``ranks`` null: too many tickets to rank at once."""

    accounts: int
    moved: int
    value_before: float
    value_after: float
    unknown_before: float
    unknown_after: float
    flows: list[FlowOut]
    moves: list[AccountMoveOut]
    ranks: list[RankMoveOut] | None
