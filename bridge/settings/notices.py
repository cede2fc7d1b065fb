"""When people are told of an issue, and by which connections: alerts, digest, channels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class AlertSettings(BaseModel):
    """``accounts`` new in ``days`` make an issue emerging. ``cooldown_hours`` lie between two messages of one alert; it
    is told again once it has grown ``growth`` times. ``plan_days``: business days in the Top 10 without a plan.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    accounts: int = Field(default=3, ge=2, le=1000)
    days: int = Field(default=14, ge=1, le=28)
    cooldown_hours: float = Field(default=24.0, ge=0, le=24 * 28)
    growth: float = Field(default=2.0, gt=1, le=100)
    plan_days: int = Field(default=5, ge=1, le=60)


class NoticeSettings(BaseModel):
    """``email``, ``slack``: the connection that carries it to people; empty: the only one of its kind. ``channels`` get
    every alert and the digest for whoever reads there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = ""
    slack: str = ""
    channels: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    digest_day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    digest_hour: int = Field(default=7, ge=0, le=23)
