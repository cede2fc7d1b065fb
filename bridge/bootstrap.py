"""The composition root: Settings -> Bridge. The only place that picks real things. No network, no model load here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from sqlmodel import Session

from bridge.analysis.embedding import Embedder, ModelError, bundled_model_id, load_embedder, model_id_of
from bridge.analysis.embedding.hub import folder_of
from bridge.analysis.emerging import Rules
from bridge.analysis.intake import Reading
from bridge.analysis.working_days import Calendar
from bridge.connecting import Connection, connect
from bridge.pipeline.notify import Composer, Reach, Weekly
from bridge.pipeline.publish import Target, policy_of
from bridge.reaching import reach_of
from bridge.settings import Settings, SettingsError
from bridge.store.db import Database
from bridge.store.models import Chosen, in_use, most_vectors, wanted
from connectors.chat_titles import ChatTitles, Options

__all__ = ["Bridge", "Connection", "build", "workspace_key"]

KEY_FILE = "workspace.key"


@dataclass(frozen=True)
class Bridge:
    """All parts of one installation."""

    settings: Settings
    db: Database
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def having(self, role: str) -> dict[str, Connection]:
        """Enabled connections that play a role: help_desk, remedy_sink or tracker."""
        return {name: c for name, c in self.connections.items() if role in c.roles}

    @property
    def targets(self) -> dict[str, Target]:
        """The trackers that are published to: the one that [publish] names; else each that has a section publish of its
        own; else the first.
        """
        trackers, named = self.having("tracker"), self.settings.publish.tracker
        own = [name for name, c in trackers.items() if c.settings.publish is not None]
        chosen = [named] if named else own or sorted(trackers)[:1]
        return {name: self._target(trackers[name]) for name in chosen}

    def _target(self, c: Connection) -> Target:
        page = self.settings.web.url
        return Target(
            c.name, policy_of(self.settings.publish, c.settings.publish, c.connector.dialect, page), c.connector
        )

    @cached_property
    def secret(self) -> bytes:
        """The key under which people are hashed: a file of the workspace, never in the database."""
        return workspace_key(self.settings.home)

    @property
    def vector_copies(self) -> Path:
        """This machine's copies of the vectors, for the worker."""
        return self.settings.home / "vectors"

    def forget(self) -> bool:
        """Let go of what still holds something that was just erased. False: a long read keeps a part of it."""
        for copy in self.vector_copies.glob("*"):
            copy.unlink(missing_ok=True)
        return self.db.forget()

    @property
    def model_id(self) -> str:
        """Names the vectors that everybody reads now. Raises SettingsError."""
        with self.db.read() as session:
            return self.serving(session).id

    def serving(self, session: Session) -> Chosen:
        """The model in use: it stays so until every ticket has a vector of its successor. Raises SettingsError."""
        kept = in_use(session)
        if kept is not None:
            return kept
        here, most = self.wished(session), most_vectors(session)
        if most is None or most == here.id:
            return here
        return Chosen(most, "" if most == bundled_model_id() else most)

    def wished(self, session: Session) -> Chosen:
        """The model that should be in use: what `bridge model use` was told, else the configured one."""
        return wanted(session, self.settings.model.path) or self.configured

    @property
    def configured(self) -> Chosen:
        """The model of the section [model]. Raises SettingsError."""
        try:
            return self.chosen(self.settings.model.path)
        except ModelError as error:
            raise SettingsError(f"section [model], key 'path': {error}") from None

    def chosen(self, path: str) -> Chosen:
        """The model at a path or of a name, without loading it. Raises ModelError."""
        folder = folder_of(path, self.settings.home)
        return Chosen(model_id_of(folder, path.rpartition("/")[2]) if folder else bundled_model_id(), path)

    def load_embedder(self, model: Chosen | None = None, *, threads: int | None = None) -> Embedder:
        """Load a model, by default the one in use; the first time ever takes up to a minute. Raises ModelError."""
        if model is None:
            with self.db.read() as session:
                model = self.serving(session)
        own, home = self.settings.model, self.settings.home
        return load_embedder(
            folder_of(model.path, home),
            name=model.path.rpartition("/")[2],
            backend=own.backend,
            cache=home / own.cache if own.cache else None,
            threads=threads,
        )

    def title_model(self) -> ChatTitles | None:
        """Who may be asked for titles; None where nobody is configured. Raises SettingsError."""
        own = self.settings.titles
        if not own.endpoint:
            return None
        options = {
            "base_url": own.endpoint,
            "model": own.model,
            "api_key": own.api_key,
            "timeout_s": own.timeout,
            "allow_http": own.allow_http,
            "allow_private_networks": own.allow_private_networks,
        }
        try:
            return ChatTitles(Options.model_validate(options))
        except ValueError as error:
            raise SettingsError(f"section [titles]: {error}") from None

    @property
    def alert_rules(self) -> Rules:
        """When an issue is worth a message."""
        own = self.settings.alerts
        return Rules(
            accounts=own.accounts,
            window=timedelta(days=own.days),
            cooldown=timedelta(hours=own.cooldown_hours),
            growth=own.growth,
            plan_days=own.plan_days,
            calendar=self._calendar,
        )

    @property
    def weekly(self) -> Weekly:
        """When the digest is written."""
        own = self.settings.notices
        return Weekly(own.digest_day, own.digest_hour, self._calendar)

    @property
    def reach(self) -> Reach:
        """Which connections carry messages to people."""
        return reach_of(self.settings.notices, self.connections)

    @property
    def composer(self) -> Composer:
        """What gives a message its words."""
        own = self.settings
        return Composer(self.secret, own.web.address, own.workspace.currency, self._calendar)

    @property
    def _calendar(self) -> Calendar:
        return Calendar(self.settings.workspace.timezone, frozenset(self.settings.workspace.holidays))

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
    for name, connection in connections.items():
        if connection.settings.publish is not None and "tracker" not in connection.roles:
            raise SettingsError(f"section [connections.{name}.publish]: {name!r} is no tracker: take the section out")
    reach_of(settings.notices, connections)
    return Bridge(settings, Database(settings.database_url), connections)


def _connections(settings: Settings) -> dict[str, Connection]:
    return {name: connect(name, own, settings) for name, own in settings.connections.items() if own.enabled}


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


def _lower(words: Mapping[str, str]) -> dict[str, str]:
    return {key.strip().lower(): value for key, value in words.items()}
