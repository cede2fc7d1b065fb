"""One issue whole: a model for those who may read values, one for sums, one for neither."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field, RootModel

from bridge.web.api.schemas.beside import BesideOut
from bridge.web.api.schemas.common import In, Out, Pair
from bridge.web.api.schemas.monday import HeldOut
from bridge.web.api.schemas.plan import PlanOut, PlanPlain, TrackerOut
from bridge.words import Zone


class CountsOut(Out):
    """Of the live tickets, whoever may read them."""

    total: int
    open: int
    first_at: datetime | None
    last_signal_at: datetime | None


class SumOut(Out):
    """Money per year: below five accounts a ``band``, else an ``amount``."""

    accounts: int
    amount: float | None
    band: str | None


class SegmentSum(Pair):
    segment: str
    sum: SumOut


class SumsOut(Out):
    score: SumOut
    currency: str
    segments: list[SegmentSum]


class FactorOut(Out):
    value: float
    name: str


class PartOut(Out):
    """A part of the score; all parts add up to ``whole``."""

    kind: str
    name: str
    start: int
    amount: int
    segment: str
    value: float | None
    factors: list[FactorOut]
    note: str


class WhatIfOut(Out):
    name: str
    score: float
    rank: int


class CauseOut(Pair):
    cause: str
    amount: float


class ScoreOut(Out):
    """Money per year, why, what moved it and what would."""

    score: float
    whole: int
    currency: str
    range80: tuple[float, float]
    without_largest: WhatIfOut | None
    support_cost: float | None
    growth: float | None
    known_share: float
    risk_now: int
    momentum: int
    parts: list[PartOut]
    changed: float | None
    changed_since: datetime | None
    causes: list[CauseOut]
    what_if: list[WhatIfOut]
    as_of: datetime
    config_version: int
    snapshot: str


class AccountRowOut(Out):
    id: int | None
    name: str
    identified: bool
    segment: str
    tier: str | None
    value: float
    value_source: str
    value_as_of: datetime | None
    risk_band: str | None
    renewal: date | None
    last_signal: datetime
    is_new: bool
    part: float
    share: float


class AccountRows(Out):
    rows: list[AccountRowOut]
    total: int
    page: int
    pages: int


class TicketPlain(Out):
    """A ticket that the reader may read, without its account."""

    ticket_id: int
    name: str
    connection: str
    url: str | None
    subject: str
    status: str
    is_open: bool
    priority: str
    created_at: datetime
    last_customer_at: datetime
    confirmed: bool
    q: float
    since: datetime
    zone: Zone
    why: list[str]
    alike: float | None


class TicketOut(TicketPlain):
    account: str | None


class TicketsPlain(Out):
    rows: list[TicketPlain]
    total: int
    page: int
    pages: int


class TicketsOut(Out):
    rows: list[TicketOut]
    total: int
    page: int
    pages: int


class MentionOut(Out):
    """A ticket of another ``issue`` of which a part, ``said``, speaks of this one."""

    ticket_id: int
    name: str
    connection: str
    url: str | None
    subject: str
    said: str
    last_customer_at: datetime
    issue: str | None


class MentionsOut(Out):
    rows: list[MentionOut]
    total: int


class QuotePlain(Out):
    text: str
    ticket: str
    url: str | None
    priority: str
    at: datetime


class QuoteOut(QuotePlain):
    account: str | None


class SimilarPlain(Out):
    id: str
    title: str
    alike: float
    words: list[str]
    rank: int | None


class SimilarOut(SimilarPlain):
    score: float | None


class DecisionOut(Out):
    event: int
    at: datetime
    by: str
    words: str
    why: str | None
    undo: int | None
    undone_by: str | None
    undone_at: datetime | None


class LogOut(Out):
    rows: list[DecisionOut]
    total: int


class _Issue(Out):
    id: str
    merged_from: str | None
    title: str
    phrases: list[str]
    badges: list[str]
    severity: str | None
    severity_by_person: bool
    published_at: datetime | None
    published_by: str | None
    locked_at: datetime | None
    locked_by: str | None
    held: list[HeldOut]
    rank: int | None
    ranked_at: datetime | None
    outdated: bool
    account_count: int | None
    new_accounts: int | None
    counts: CountsOut
    mentions: MentionsOut
    tracker: list[TrackerOut]
    log: LogOut


class ClusterPlain(_Issue):
    """For agents: no money and no account's name."""

    quotes: list[QuotePlain]
    members: TicketsPlain
    similar: list[SimilarPlain]
    plan: PlanOut


class ClusterSums(_Issue):
    """For supplier managers: sums over at least five accounts or bands; no account's name, nothing internal."""

    sums: SumsOut | None
    quotes: list[QuotePlain]
    members: TicketsPlain
    similar: list[SimilarPlain]
    plan: PlanPlain


class ClusterOut(_Issue):
    """For those who may read the value and the names of accounts."""

    score: ScoreOut | None
    beside: BesideOut | None
    accounts: AccountRows | None
    quotes: list[QuoteOut]
    members: TicketsOut
    similar: list[SimilarOut]
    plan: PlanOut


class AnyCluster(RootModel[ClusterOut | ClusterSums | ClusterPlain]):
    """One of three, by the reader's role."""


class Parts(In):
    """Which page of the two long tables is wanted."""

    tickets_page: int = Field(1, ge=1, le=100_000)
    accounts_page: int = Field(1, ge=1, le=100_000)
