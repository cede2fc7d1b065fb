"""The shape of the settings: sections, keys, defaults and what a value must be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints, field_validator

from bridge.settings.notices import AlertSettings, NoticeSettings
from bridge.settings.oidc import OidcSettings
from bridge.settings.publishing import Bar, TrackerPublishing
from bridge.settings.titles import TitleSettings
from bridge.words import Priority, TicketStatus

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgresql+psycopg://")


def _split(value: object) -> object:
    """A list in an environment variable is separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


NAME = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
ConnectionName = Annotated[str, StringConstraints(pattern=NAME)]
Domain = Annotated[str, StringConstraints(to_lower=True, strip_whitespace=True, min_length=1)]
Role = Literal["help_desk", "remedy_sink", "tracker", "notifier"]

AccountColumn = Literal[
    "arr",
    "margin",
    "segment",
    "expectation_tier",
    "risk_band",
    "renewal_date",
    "region",
    "languages",
    "growth_pipeline",
    "sla",
    "required_location",
    "lifecycle",
]
"""Columns of an accounts file that a help desk may tell; an uplift is declared by a person."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class WorkspaceSettings(_Section):
    """``internal_domains`` are our own: what is written from there is no customer's word. ``holidays`` are no business
    days.
    """

    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    timezone: str = "UTC"
    internal_domains: Annotated[tuple[Domain, ...], BeforeValidator(_split)] = ()
    holidays: Annotated[tuple[date, ...], BeforeValidator(_split)] = ()

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            if value != "UTC":  # known even where the machine has no time zone data
                raise ValueError("is no time zone: write one such as Europe/Berlin") from None
        return value


class DatabaseSettings(_Section):
    url: str = Field(default="sqlite:///bridge.db", repr=False)

    @field_validator("url")
    @classmethod
    def _supported(cls, value: str) -> str:
        file = value.removeprefix(SQLITE)
        if (value.startswith(SQLITE) and file and file != ":memory:") or value.startswith(POSTGRES):
            urlsplit(value)
            return value
        raise ValueError("must begin with sqlite:/// and name a file, or begin with postgresql://")


class ModelSettings(_Section):
    """``path``: a folder, or the name of a model that lies in this machine's Hugging Face cache; "" is the bundled one.
    ``cache``: where int8 exports are kept, "" is the user's own cache folder.
    """

    path: str = ""
    backend: Literal["auto", "onnx", "torch"] = "auto"
    cache: str = ""
    batch_size: int = Field(default=256, ge=1, le=10_000)


class PublishSettings(_Section):
    mode: Literal["approve", "automatic"] = "approve"
    tracker: str = ""
    bar: Bar = Bar()


class DeliverSettings(_Section):
    """Seconds. The lease of a row is ``2 * request_timeout + 1``; in doubt means waiting it out, then looking."""

    request_timeout: float = Field(default=15.0, gt=0, le=300)
    max_attempts: int = Field(default=8, ge=1)
    first_retry: float = Field(default=30.0, ge=0)


class WorkerSettings(_Section):
    """Minutes between the runs of a job, seconds of the leader's lease."""

    intake_minutes: float = Field(default=5.0, gt=0)
    outgoing_minutes: float = Field(default=1.0, gt=0)
    feedback_minutes: float = Field(default=5.0, gt=0)
    lease_seconds: float = Field(default=30.0, ge=1)


LOOPBACK = ("127.0.0.1", "::1", "localhost")


class WebSettings(_Section):
    """Where pages and the API are served. ``url`` is what people type; https there marks the cookies secure.

    ``threads`` of one process take turns at Python's lock, so more of them make every page slower.
    ``proxies`` counts the trusted reverse proxies in front, whose X-Forwarded headers are believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    url: str = ""
    certificate: str = ""
    key: str = ""
    proxies: int = Field(default=0, ge=0, le=5)
    processes: int = Field(default=2, ge=1, le=64)
    threads: int = Field(default=1, ge=1, le=64)
    session_hours: float = Field(default=12.0, gt=0, le=24 * 31)
    preload_model: bool = True

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/")):
            raise ValueError("must be the address people type, such as https://bridge.example.com, without a path")
        return value.rstrip("/")

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://") or bool(self.certificate)

    @property
    def address(self) -> str:
        """What people type, or what they would type on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url or f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


class LogSettings(_Section):
    """``json``: one object a line, for a collector. ``text``: for people. ``auto``: text on a terminal, else JSON."""

    format: Literal["auto", "json", "text"] = "auto"


class PrivacySettings(_Section):
    """Tickets without a change for so many days lose their text; 0 keeps them."""

    retention_days: int = Field(default=0, ge=0, le=36_500)


class RankingSettings(_Section):
    """Days for which every ranking is kept, and those for which the last of each day is; then that of each week is."""

    keep_all_days: int = Field(default=14, ge=1, le=36_500)
    keep_daily_days: int = Field(default=365, ge=1, le=36_500)


class ConnectionSettings(BaseModel):
    """What the bridge itself reads of a connection; all other keys are the connector's own options.

    ``account_fields``: name of a field of the desk's organisations or tickets -> column of an accounts file.
    ``webhook_secret`` proves who sends a webhook; ``webhook_secret_previous`` counts, too, while it is being changed.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    enabled: bool = True
    roles: Annotated[tuple[Role, ...], BeforeValidator(_split)] = ()
    status_map: dict[str, TicketStatus] = Field(default_factory=dict)
    priority_map: dict[str, Priority] = Field(default_factory=dict)
    remedy_tag: bool = True
    remedy_fields: dict[str, str] = Field(default_factory=dict)
    publish: TrackerPublishing | None = None
    account_fields: dict[str, AccountColumn] = Field(default_factory=dict)
    webhook_secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    webhook_secret_previous: Annotated[SecretStr, Field(min_length=16)] | None = None

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Those that count now, the newest first."""
        return tuple(s.get_secret_value() for s in (self.webhook_secret, self.webhook_secret_previous) if s)

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Options are named but not shown: any of them may be a secret."""
        yield "type", self.type
        yield "enabled", self.enabled
        yield "roles", self.roles
        yield "options", sorted(self.options)


class Settings(_Section):
    """Everything that can be configured. ``home`` is the workspace folder; ``in_file`` says which keys config.toml
    itself holds, so that a secret found there can be refused.
    """

    home: Path
    in_file: dict[str, Any] = Field(default_factory=dict, repr=False)
    workspace: WorkspaceSettings = WorkspaceSettings()
    database: DatabaseSettings = DatabaseSettings()
    model: ModelSettings = ModelSettings()
    publish: PublishSettings = PublishSettings()
    deliver: DeliverSettings = DeliverSettings()
    worker: WorkerSettings = WorkerSettings()
    log: LogSettings = LogSettings()
    web: WebSettings = WebSettings()
    oidc: OidcSettings = OidcSettings()
    privacy: PrivacySettings = PrivacySettings()
    ranking: RankingSettings = RankingSettings()
    titles: TitleSettings = TitleSettings()
    alerts: AlertSettings = AlertSettings()
    notices: NoticeSettings = NoticeSettings()
    connections: dict[ConnectionName, ConnectionSettings] = Field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """The database's URL; a relative SQLite path lies in the workspace folder."""
        url = self.database.url
        if url.startswith(SQLITE) and not url.startswith(SQLITE + "/"):
            return SQLITE + str(self.home / url.removeprefix(SQLITE))
        return url
