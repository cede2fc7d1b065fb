"""Companies that no account claims, for people who may read values and names."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from bridge.analysis.requesters import Verdict
from bridge.web.api.schemas.common import BIG, In, Out


class StrangersQuery(In):
    page: int = Field(1, ge=1, le=BIG, description="From 1 on, 50 companies each")


class StrangerOut(Out):
    """``key`` names it to resolve. ``at_stake``: money a year, counted once; null before a ranking."""

    key: str
    title: str
    names: list[str]
    domains: list[str]
    tickets: int
    open_tickets: int
    issues: int
    at_stake: float | None
    last_at: datetime


class ByHandOut(Out):
    """What a person said; ``kind`` is domain, name or ruling."""

    kind: str
    value: str
    account_id: int | None
    account: str | None
    verdict: str
    by: str


class StrangersOut(Out):
    """The most at stake first. ``alone``: tickets of people at free-mail addresses."""

    rows: list[StrangerOut]
    total: int
    tickets: int
    at_stake: float
    alone: int
    by_hand: list[ByHandOut]
    names: list[str]
    currency: str
    may_edit: bool
    page: int
    pages: int


class ResolveIn(In):
    """``account``: the whole name of the known account, or the name of the new one."""

    key: str = Field(max_length=500)
    verdict: Verdict
    account: str = Field("", max_length=200)


class TakeBackIn(In):
    kind: str = Field(max_length=20)
    value: str = Field(max_length=500)
