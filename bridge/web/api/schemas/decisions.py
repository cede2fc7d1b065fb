"""What people decide about issues, and what would come of it."""

from __future__ import annotations

from pydantic import Field

from bridge.web.api.schemas.common import Id, In, IssueId, Out, Why


class Merge(Why):
    """The issues that become part of the one in the path; their ids lead there from then on."""

    issues: list[IssueId] = Field(min_length=1, max_length=49)


class Tickets(Why):
    """Tickets by the ``ticket_id`` of an issue's ``members``."""

    tickets: list[Id] = Field(min_length=1, max_length=1000)


class Estimate(Why):
    """``effort`` in person-weeks; ``blocked_share`` in 0..1: what of its accounts' growth waits for the issue. Null
    takes one away, what is left out stays.
    """

    effort: float | None = Field(None, gt=0, le=1000)
    blocked_share: float | None = Field(None, ge=0, le=1)


class MergeQuery(In):
    issues: list[IssueId] = Field(min_length=1, max_length=49, description="The issues to merge into this one")


class SplitQuery(In):
    tickets: list[Id] = Field(min_length=1, max_length=1000, description="The tickets to split off")


class OutlookOut(Out):
    """``score`` is null for people who may not read values."""

    accounts: int
    tickets: int
    score: float | None
    rank: int | None


class SideOut(Out):
    id: str
    title: str
    rank: int | None
    published: bool
    open: int
    now: OutlookOut
    tracker: list[str]
    subjects: list[str]


class MergePreviewOut(Out):
    """``overlap``: what adding up the scores would count twice. ``effects``: what happens, a sentence each."""

    sides: list[SideOut]
    together: OutlookOut
    overlap: float | None
    moved: int
    to_tell: int
    effects: list[str]


class SplitPreviewOut(Out):
    id: str
    title: str
    new_title: str
    now: OutlookOut
    rest: OutlookOut
    new: OutlookOut
    chosen: list[int]
    effects: list[str]


class WrittenOut(Out):
    """One tracker's issue as it would be after the next publish; ``title`` and ``body`` are the very bytes.

    ``kind``: create, update or nothing, ``sent``: the fields that change, ``why`` they do, ``note``: why nothing does.
    ``left``: fields that a person changed there. ``state``: goes, waiting, declined, none. ``digest`` names the bytes.
    """

    tracker: str
    kind: str
    title: str
    body: str
    priority: str
    labels: list[str]
    project: str | None
    sent: list[str]
    why: list[str]
    left: list[str]
    note: str | None
    public: bool
    state: str
    digest: str


class DraftOut(Out):
    """What the trackers would get; ``title``, ``body`` and ``priority`` are those of the first."""

    id: str
    title: str
    body: str
    priority: str
    published: bool
    trackers: list[WrittenOut]


class TargetOut(Out):
    id: str
    title: str
    rank: int | None
    tickets: int


class Targets(Out):
    items: list[TargetOut]


class TargetQuery(In):
    q: str = Field(min_length=1, max_length=200, description="An issue's id, or words of its title")
