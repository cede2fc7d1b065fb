"""Alerts, and what a person chose to be told of."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bridge.web.api.schemas.common import In, Out
from bridge.words import NoticeChoice, NoticeKind

Clock = Annotated[str, StringConstraints(pattern=r"^([0-2][0-9]:[0-5][0-9])?$")]


class AlertsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=28, ge=1, le=366)


class AlertOut(Out):
    """``said`` names accounts and money only for those who may see them. ``times``: how often it was told so far."""

    at: datetime
    kind: str
    issue: str
    title: str
    said: str
    times: int
    is_open: bool


class Alerts(Out):
    items: list[AlertOut]


class KindOut(Out):
    """``choices`` are those that the kind can have; ``is_default``: what the role has unless somebody chooses."""

    kind: NoticeKind
    name: str
    when: str
    choice: NoticeChoice
    choices: list[NoticeChoice]
    is_default: bool


class NotificationsOut(Out):
    """Quiet hours as HH:MM in ``timezone``, empty: none. ``channels`` that are connected."""

    rows: list[KindOut]
    address: str | None
    channel: str
    channels: list[str]
    quiet_from: str
    quiet_to: str
    quiet_weekends: bool
    timezone: str


class NotificationsIn(In):
    kinds: dict[NoticeKind, NoticeChoice] = Field(default_factory=dict)
    channel: Literal["email", "slack"] = "email"
    quiet_from: Clock = ""
    quiet_to: Clock = ""
    quiet_weekends: bool = False
