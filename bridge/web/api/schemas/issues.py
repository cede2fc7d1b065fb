"""The list of issues: a model of a row for those who may read values, one for sums, one for neither."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, RootModel, StringConstraints

from bridge.service.issue_entries import Need
from bridge.service.issue_filters import BADGES, BY_MONEY, Filters, Sort
from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import In, IssueId, Out, Pair
from bridge.web.api.schemas.monday import HeldOut
from bridge.web.api.schemas.plan import TrustOut
from bridge.words import Hold, RemedyState, Severity, WorkaroundKind

Badge = Annotated[str, StringConstraints(pattern=f"^({'|'.join(BADGES)})$")]
Words = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=80)]


class IssueQuery(Page):
    """Several words of one filter: any of them. Several filters: all of them."""

    state: list[RemedyState] = Field([], max_length=20, description="The plan's state")
    severity: list[Severity] = Field([], max_length=20, description="The severity that counts")
    segment: list[Words] = Field([], max_length=20, description="A segment that is hit")
    badge: list[Badge] = Field([], max_length=20, description="What to know about the figure")
    workaround: list[WorkaroundKind] = Field([], max_length=20, description="The workaround there is")
    need: list[Need | Literal["any"]] = Field([], max_length=20, description="Why it waits for a decision of product")
    area: list[Words] = Field([], max_length=20, description="The product area that most of its customers name")
    type: list[Words] = Field([], max_length=20, description="The type of support that most of its customers ask for")
    supplier: list[Words] = Field([], max_length=20, description="A supplier whose groups have tickets of it")
    held: list[Hold | Literal["any"]] = Field([], max_length=20, description="What people hold about it, and acts")
    tracker: Literal["", "yes", "no"] = Field("", description="With an issue in the tracker, or without")
    q: Words = Field("", description="Words of the title")
    thin: Literal["", "hide", "only"] = Field("", description="Issues of thin evidence")
    unidentified: Literal["", "hide"] = Field("", description="Without what nobody can name the customer of")
    unsorted: Literal["", "hide", "only"] = Field("", description="Tickets that stand alone, placed by nobody")
    largest: Literal["", "without"] = Field("", description="Rank anew without the largest account of each issue")
    as_of: date | None = Field(None, description="The last ranking up to the end of this day (UTC)")
    sort: Sort = Field(Sort.RANK, description="Orders by money are for those who may read values; else it is rank")

    def filters(self, *, sees_money: bool) -> Filters:
        sort = Sort.RANK if self.sort in BY_MONEY and not sees_money else self.sort
        many = {name: tuple(map(str, getattr(self, name))) for name in MANY}
        return Filters(**many, tracker=self.tracker, q=" ".join(self.q.split()), thin=self.thin,
                       unidentified=self.unidentified, unsorted=self.unsorted, sort=sort,
                       largest=self.largest if sees_money else "",
                       as_of=self.as_of.isoformat() if self.as_of else "")  # fmt: skip


MANY = ("state", "severity", "segment", "badge", "workaround", "need", "area", "type", "supplier", "held")


class TrackedOut(Out):
    """``key`` is null while it is on its way."""

    connection: str
    key: str | None
    url: str | None


class RowPlain(Out):
    """An issue in the list, for agents: no money and no account's name."""

    ref: str
    title: str
    rank: int | None
    place: int | None
    up: int | None
    is_new: bool
    in_top: bool
    changed: bool
    accounts: int
    new_accounts: int
    tickets: int
    open_tickets: int
    weeks: list[int]
    severity: str | None
    workaround: str
    badges: list[str]
    trust: TrustOut
    needs: list[Need]
    tracked: list[TrackedOut]
    published: bool
    locked: bool
    held: list[HeldOut]
    area: str | None
    type: str | None
    suppliers: list[str]
    first_at: datetime | None
    last_at: datetime | None
    say: str


class MoneySum(Out):
    """Below five accounts a ``band``, else an ``amount``."""

    amount: float | None
    band: str | None


class MoneyOut(Out):
    amount: float | None
    low: float | None
    high: float | None
    change: float | None
    known_share: float | None
    without_largest: float | None
    momentum: float | None


class SegmentShare(Out):
    name: str
    share: float | None


class LargestOut(Out):
    name: str
    share: float
    renews_in: int | None


class RowPart(Pair):
    account: str
    amount: int


class RowWhatIf(Out):
    change: str
    score: float
    rank: int


class RowSums(RowPlain):
    """For supplier managers: sums and bands."""

    money: MoneySum
    segments: list[SegmentShare]


class RowOut(RowPlain):
    """For those who may read the value and the names of accounts."""

    money: MoneyOut
    segments: list[SegmentShare]
    largest: LargestOut | None
    parts: list[RowPart]
    what_if: list[RowWhatIf]


class _Page(Out):
    total: int
    currency: str
    as_of: datetime | None
    next: str | None


class IssuesPlain(_Page):
    items: list[RowPlain]


class IssuesSums(_Page):
    items: list[RowSums]


class IssuesOut(_Page):
    items: list[RowOut]


class AnyIssues(RootModel[IssuesOut | IssuesSums | IssuesPlain]):
    """One of three, by the reader's role."""


class PlanRow(Out):
    """A plan in the list: whether agents may quote it, and why it waits."""

    ref: str
    title: str
    rank: int | None
    trust: TrustOut
    needs: list[Need]
    say: str


class Plans(Out):
    items: list[PlanRow]
    total: int
    next: str | None


class PlanQuery(Page):
    state: list[RemedyState] = Field([], max_length=20, description="The plan's state")
    need: list[Need | Literal["any"]] = Field([], max_length=20, description="Why it waits for a decision of product")


class TogetherQuery(In):
    issues: list[IssueId] = Field(min_length=1, max_length=50, description="The issues to add up")


class TogetherOut(Out):
    """What several issues put at risk together: an account is lost once. Null what the reader may not see."""

    count: int
    currency: str
    amount: float | None
    overlap: float | None
    band: str | None


class RankingQuery(In):
    """Which stored ranking: by its number, by an instant, by the version of the constants; none: the newest."""

    snapshot: int | None = Field(None, ge=1, description="The stored ranking of this number")
    as_of: AwareDatetime | None = Field(None, description="The last stored ranking at or before this instant")
    config_version: int | None = Field(None, ge=1, description="The last ranking with this version of the constants")
    issues: list[IssueId] | None = Field(None, max_length=50, description="Only these; none: all")


class RankingOut(Out):
    """A ranking with every number explained; `clusters` as `bridge export ranking --json` prints them."""

    snapshot: int | None
    as_of: datetime
    config_version: int
    source: str
    clusters: list[dict[str, Any]]


class ViewOut(Out):
    """Filters under a name. ``id`` is null where it comes with the house; ``query`` is what the list takes."""

    id: int | None
    name: str
    query: str
    count: int


class Views(Out):
    items: list[ViewOut]


class NewView(In):
    """``query`` as in the address of the list: state=planned&sort=new."""

    name: Annotated[str, StringConstraints(pattern=r"^[^\x00\n\r]*$", min_length=1, max_length=40)]
    query: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=1000)]


class Kept(Out):
    id: int
    name: str
    query: str
