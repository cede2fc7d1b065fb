"""The plan of an issue as its page shows it, and its issues in trackers."""

from __future__ import annotations

from datetime import date, datetime

from bridge.analysis.remedy_trust import Doubt, Light
from bridge.web.api.schemas.common import Out
from bridge.words import RemedyState


class TrackerOut(Out):
    connection: str
    key: str
    url: str | None
    title: str
    status: str | None
    closed: bool | None
    seen_at: datetime | None
    opened_at: datetime | None
    changed_at: datetime | None
    deleted: bool
    left: list[str]
    fix_versions: list[str]
    due: date | None


class TrustOut(Out):
    """Whether agents may quote the plan: ``light``, and why not in ``doubts``."""

    state: RemedyState
    light: Light
    word: str
    permission: str
    doubts: list[Doubt]
    confirmed_at: datetime | None
    confirmed_by: str | None
    due: datetime | None


class RevisionOut(Out):
    revision: int
    word: str
    confidence: str
    by: str
    at: datetime
    changed: list[str]
    reason: str | None


class InternalOut(Out):
    eta: str | None
    owner: str | None
    liaison: str | None
    cause: str | None
    notes: str | None


class PlanPlain(Out):
    """The plan as it stands, without what only our own people read."""

    trust: TrustOut
    revision: int | None
    draft: int | None
    conflict: str | None
    say: str
    eta: str
    workaround: str
    workaround_steps: str | None
    fix_version: str | None
    affected: str | None
    caution: str | None
    escalate: str | None
    told: int
    queued: int
    history: list[RevisionOut]


class PlanOut(PlanPlain):
    internal: InternalOut | None
