"""config.toml + environment + *_FILE -> one frozen, validated Settings.

An unknown key is an error; every error names the file or the variable, the section, the key and what to do.
Secrets never stand in config.toml: they come from ``BRIDGE__CONNECTIONS__NAME__TOKEN`` or, with ``_FILE`` behind
it, from the file that the variable names.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "BRIDGE__"
CONFIG_NAME = "config.toml"


class SettingsError(Exception):
    """The configuration cannot be used; the message says where and what to mend."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkspaceSettings(_Section):
    currency: str = "EUR"
    timezone: str = "UTC"
    internal_domains: tuple[str, ...] = ()


class DatabaseSettings(_Section):
    url: str = "sqlite:///bridge.db"


class ModelSettings(_Section):
    path: str = ""
    batch_size: int = Field(default=256, ge=1, le=10_000)


class Bar(_Section):
    """What may be published without a person: the first ``top`` ranks that hurt at least ``min_accounts``."""

    top: int = Field(default=20, ge=1)
    min_accounts: int = Field(default=2, ge=1)


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


class ConnectionSettings(BaseModel):
    """What the bridge itself reads of a connection; all other keys are the connector's own options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    enabled: bool = True
    roles: tuple[Literal["help_desk", "remedy_sink", "tracker"], ...] = ()
    status_map: dict[str, str] = Field(default_factory=dict)
    priority_map: dict[str, str] = Field(default_factory=dict)
    remedy_tag: bool = True
    remedy_fields: dict[str, str] = Field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})


class Settings(_Section):
    """Everything that can be configured. ``home`` is the workspace folder; ``in_file`` says which keys config.toml
    itself holds, so that a secret found there can be refused.
    """

    home: Path
    in_file: dict[str, Any] = Field(default_factory=dict)
    workspace: WorkspaceSettings = WorkspaceSettings()
    database: DatabaseSettings = DatabaseSettings()
    model: ModelSettings = ModelSettings()
    publish: PublishSettings = PublishSettings()
    deliver: DeliverSettings = DeliverSettings()
    worker: WorkerSettings = WorkerSettings()
    connections: dict[str, ConnectionSettings] = Field(default_factory=dict)

    @property
    def database_url(self) -> str:
        """The database's URL; a relative SQLite path lies in the workspace folder."""
        prefix = "sqlite:///"
        url = self.database.url
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self.home / url.removeprefix(prefix))
        return url


def load_settings(home: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``home/config.toml`` and the environment. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    path = home / CONFIG_NAME
    in_file = _read_toml(path)
    values = _merge(in_file, _from_environment(environ))
    try:
        return Settings.model_validate({**values, "home": home.resolve(), "in_file": in_file})
    except ValidationError as error:
        raise SettingsError(_explain(error, path, in_file)) from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is not there: run `bridge --home {path.parent} init`, or name the workspace folder by --home"
        ) from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None
    for reserved in ("home", "in_file"):
        if reserved in values:
            raise SettingsError(f"{path}: unknown key {reserved!r}: remove it")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        parts = name.removeprefix(PREFIX).lower().split("__")
        value = environ[name]
        if parts[-1].endswith("_file"):
            parts[-1] = parts[-1].removesuffix("_file")
            value = _read_secret(name, Path(value))
        node = values
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise SettingsError(f"environment variable {name} contradicts another one: remove one of them")
        node[parts[-1]] = value
    return values


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name} names {path}, which cannot be read ({error.strerror}): mend the path") from None


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _explain(error: ValidationError, path: Path, in_file: Mapping[str, Any]) -> str:
    return "\n".join(_explain_one(dict(item), path, in_file) for item in error.errors())


def _explain_one(item: Mapping[str, Any], path: Path, in_file: Mapping[str, Any]) -> str:
    loc = [str(part) for part in item["loc"]]
    section, key = ".".join(loc[:-1]) or "(top level)", loc[-1]
    where = f"{path}, section [{section}], key {key!r}"
    if not _holds(in_file, loc):
        where += f" (environment {PREFIX}{'__'.join(loc).upper()})"
    if item["type"] == "extra_forbidden":
        return f"{where}: unknown key: correct its spelling or remove it; config.example.toml lists all keys"
    if item["type"] == "missing":
        return f"{where}: missing: add it"
    return f"{where}: {item['msg']}, got {item['input']!r}: correct the value"


def _holds(values: Any, loc: list[str]) -> bool:
    for part in loc:
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
