"""The composition root: Settings -> Bridge. The only place that picks real things. No network, no model load here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from bridge.analysis.embedding import (
    Embedder,
    ModelError,
    SentenceTransformerEmbedder,
    bundled_model_id,
    weights_sha256,
)
from bridge.analysis.intake import Reading
from bridge.settings import PREFIX, ConnectionSettings, Settings, SettingsError
from bridge.store.db import Database
from connectors.registry import load, roles_of

KEY_FILE = "workspace.key"
WRITING = frozenset({"remedy_sink", "tracker"})


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured connection with its connector and the roles that it plays here."""

    name: str
    settings: ConnectionSettings
    connector: Any
    roles: frozenset[str]


@dataclass(frozen=True)
class Bridge:
    """All parts of one installation."""

    settings: Settings
    db: Database
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def having(self, role: str) -> dict[str, Connection]:
        """Enabled connections that play a role: help_desk, remedy_sink or tracker."""
        return {name: c for name, c in self.connections.items() if role in c.roles}

    @cached_property
    def secret(self) -> bytes:
        """The key under which people are hashed: a file of the workspace, never in the database."""
        return workspace_key(self.settings.home)

    @property
    def model_id(self) -> str:
        """Names the vectors of the configured model, without loading it. Raises SettingsError."""
        path = self._model_path
        if path is None:
            return bundled_model_id()
        try:
            return f"{path.resolve().name}@{weights_sha256(path)[:12]}"
        except ModelError as error:
            raise SettingsError(f"section [model], key 'path': {error}") from None

    def load_embedder(self) -> Embedder:
        """Load the configured model (seconds). Raises ModelError."""
        return SentenceTransformerEmbedder(self._model_path)

    @property
    def _model_path(self) -> Path | None:
        """A relative path lies in the workspace folder; None is the bundled model."""
        path = self.settings.model.path
        return self.settings.home / path if path else None

    def with_own_connectors(self) -> Bridge:
        """The same parts for another thread: a connector serves one thread at a time."""
        return replace(self, connections=_connections(self.settings))

    def reading(self, connection: Connection) -> Reading:
        """How a help desk's records are read: the connector's words, then the configured ones."""
        desk, own = connection.connector, connection.settings
        return Reading(
            self.secret,
            {**desk.status_words, **_lower(own.status_map)},
            {**desk.priority_words, **_lower(own.priority_map)},
        )


def build(settings: Settings) -> Bridge:
    """Put the parts together. Raises SettingsError for a connection that cannot be."""
    connections = _connections(settings)
    tracker = settings.publish.tracker
    if tracker and "tracker" not in (connections[tracker].roles if tracker in connections else ()):
        raise SettingsError(f"section [publish], key 'tracker': {tracker!r} is no enabled connection to a tracker")
    return Bridge(settings, Database(settings.database_url), connections)


def _connections(settings: Settings) -> dict[str, Connection]:
    return {name: _connect(name, own, settings) for name, own in settings.connections.items() if own.enabled}


def workspace_key(home: Path) -> bytes:
    """The workspace's secret key, made at the first use, readable by its owner only."""
    path = home / KEY_FILE
    if not path.exists():
        _make_key(path)
    key = path.read_text().strip()
    if not key:
        raise SettingsError(f"{path} is empty: put your backup of it back (a new key would make every requester new)")
    try:
        return bytes.fromhex(key)
    except ValueError:
        raise SettingsError(f"{path} holds no key: put your backup of it back") from None


def _make_key(path: Path) -> None:
    """Whole or not at all, and never over another one: two processes may be first at the same time."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(secrets.token_hex(32))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _connect(name: str, own: ConnectionSettings, settings: Settings) -> Connection:
    section = f"{settings.home / 'config.toml'}, section [connections.{name}]"
    try:
        kind = load(own.type)
    except LookupError as error:
        raise SettingsError(f"{section}, key 'type': {error}") from None
    able = roles_of(kind)
    if missing := set(own.roles) - able:
        raise SettingsError(f"{section}, key 'roles': type {own.type!r} cannot be {', '.join(sorted(missing))}")
    options, roles = _options(kind, name, own, settings, section), frozenset(own.roles) or able
    if roles & WRITING:
        _check_time(options, settings, section)
    return Connection(name, own, kind(options, name=name), roles)


def _check_time(options: Any, settings: Settings, section: str) -> None:
    """A write that may last longer than delivery reckons with could take effect after its lease, unseen."""
    longest, reckoned = getattr(options, "timeout_s", 0.0), settings.deliver.request_timeout
    if longest > reckoned:
        raise SettingsError(
            f"{section}, key 'timeout_s': {longest:g} is more than request_timeout = {reckoned:g} of section "
            "[deliver]: lower it, or raise request_timeout to as much"
        )


def _options(kind: Any, name: str, own: ConnectionSettings, settings: Settings, section: str) -> Any:
    in_file = settings.in_file.get("connections", {}).get(name, {})
    for key, info in kind.Options.model_fields.items():
        if key in in_file and _is_secret(info.annotation):
            variable = f"{PREFIX}CONNECTIONS__{name.upper()}__{key.upper()}"
            raise SettingsError(
                f"{section}, key {key!r}: a secret must not stand in config.toml: "
                f"set {variable}, or {variable}_FILE to the path of a file that holds it"
            )
    options = {key: _from_home(value, info, settings.home) for key, value, info in _with_info(kind, own.options)}
    try:
        return kind.Options.model_validate(options)
    except ValidationError as error:
        raise SettingsError("\n".join(_say(section, name, item) for item in error.errors())) from None


def _with_info(kind: Any, options: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(key, value, kind.Options.model_fields.get(key)) for key, value in options.items()]


def _from_home(value: Any, info: Any, home: Path) -> Any:
    """A relative path in the configuration lies in the workspace folder."""
    if info is not None and Path in _parts(info.annotation) and isinstance(value, str):
        return home / value
    return value


def _is_secret(annotation: Any) -> bool:
    return SecretStr in _parts(annotation)


def _parts(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _say(section: str, name: str, item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"]) or "(all)"
    if item["type"] == "extra_forbidden":
        return f"{section}, key {key!r}: unknown key for this type: correct its spelling or remove it"
    if item["type"] == "missing":
        variable = f"{PREFIX}CONNECTIONS__{name.upper()}__{key.upper()}"
        return f"{section}, key {key!r}: missing: add it (a secret comes by {variable} or {variable}_FILE)"
    return f"{section}, key {key!r}: {item['msg'].removeprefix('Value error, ')}: correct it"


def _lower(words: Mapping[str, str]) -> dict[str, str]:
    return {key.strip().lower(): value for key, value in words.items()}
