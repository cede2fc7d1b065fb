"""Connections, the outbox and what was set aside. Rule: ids, states and redacted sentences, never what is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.web.api.paging import Page
from bridge.web.api.schemas.common import In, Out, Reason
from bridge.words import RunKind


class ProgressOut(Out):
    """A run that somebody asked for. ``share`` is 0 to 1."""

    id: int
    kind: str
    state: Literal["waiting", "running", "finished"]
    asked_by: str
    asked_at: datetime
    sentence: str
    share: float
    finished_at: datetime | None
    errors: list[str]


class RunQuery(In):
    kind: RunKind = Field(RunKind.READ, description="Reading, or checking")


class TroubleOut(Out):
    """What stopped, since when, what that means and how to mend it."""

    word: str
    colour: str
    what: str
    since: datetime | None
    seen_at: datetime | None
    effect: str
    said: str
    mend: str


class ConnectionOut(Out):
    """``lag_s``: the age that its data did not exceed at 95 % of the last day; null: not judged yet."""

    name: str
    type: str
    enabled: bool
    where: str
    roles: list[str]
    does: str
    word: str
    colour: str
    last_read_at: datetime | None
    lag_s: float | None
    per_day: list[int] | None
    per_day_of: str
    set_aside: int
    next_at: datetime | None
    run: ProgressOut | None
    troubles: list[TroubleOut]


class Connections(Out):
    """``worker_seen_at``: when the worker last said that it runs; null: none does, so nothing is read or sent."""

    items: list[ConnectionOut]
    worker_seen_at: datetime | None


class FiguresOut(Out):
    due: int
    later: int
    sending: int
    in_doubt: int
    sent: int
    superseded: int
    dead: int
    next_look: datetime | None


class LineOut(Out):
    id: int
    key: str
    kind: str
    what: str
    cluster: str | None
    about: str | None
    connection: str
    target: str | None
    remote_id: str | None
    url: str | None
    state: str
    word: str
    note: str
    holds: int
    tries: int
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    error: str | None
    may_exist: bool
    may_retry: bool
    may_discard: bool


class OutboxOut(Out):
    items: list[LineOut]
    figures: FiguresOut
    next: str | None


Named = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=80)]


class OutboxQuery(Page):
    state: Literal["open", "dead", "waiting", "sent", "given up", "all"] = Field("open", description="Which writes")
    connection: Named | None = Field(None, description="Of this connection only")


class Retry(In):
    """``surely_absent``: you have looked, and it does not exist on the other side."""

    surely_absent: bool = False


class Discard(In):
    reason: Reason | None = None


class AsideOut(Out):
    """Records that were set aside for one reason: how many, and one of them. ``excerpt`` is redacted."""

    connection: str
    stream: str
    reason: str
    records: int
    ref: str
    excerpt: str
    first_seen_at: datetime
    remedy: str
    may_replay: bool


class Asides(Out):
    items: list[AsideOut]
    next: str | None


class AsideQuery(Page):
    connection: Named | None = Field(None, description="Of this connection only")


class Replay(In):
    """Read the stream again from its start."""

    connection: Named
    stream: Named
