"""One section [connections.NAME] -> a connector, or what is wrong with the section, key by key.

The rule: a connection that is configured and one that is only being tried out are judged by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from bridge.settings import PREFIX, ConnectionSettings, Settings, SettingsError
from connectors.registry import load, roles_of

WRITING = frozenset({"remedy_sink", "tracker", "notifier"})
OWN_SECRETS = ("webhook_secret", "webhook_secret_previous")
_PLACEHOLDER = "placeholder-of-a-secret"


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured connection with its connector and the roles that it plays here."""

    name: str
    settings: ConnectionSettings
    connector: Any
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key, and what to do."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A section after reading. ``options`` is None where ``problems`` has any."""

    kind: Any
    roles: frozenset[str]
    options: Any
    problems: tuple[Problem, ...]


def connect(name: str, own: ConnectionSettings, settings: Settings) -> Connection:
    """Raises SettingsError naming file, section, key and what to do."""
    judged = judge(name, own, settings)
    if judged.problems:
        section = f"{settings.home / 'config.toml'}, section [connections.{name}]"
        raise SettingsError("\n".join(f"{section}, key {p.key!r}: {p.text}" for p in judged.problems))
    return Connection(name, own, judged.kind(judged.options, name=name), judged.roles)


def judge(name: str, own: ConnectionSettings, settings: Settings) -> Judged:
    """``settings.in_file`` tells which keys stand in the file itself, where no secret may stand."""
    try:
        kind = load(own.type)
    except LookupError as error:
        return Judged(None, frozenset(), None, (Problem("type", str(error)),))
    able = roles_of(kind)
    roles = frozenset(own.roles) or able
    problems = []
    if missing := set(own.roles) - able:
        problems.append(Problem("roles", f"type {own.type!r} cannot be {', '.join(sorted(missing))}"))
    in_file = settings.in_file.get("connections", {}).get(name, {})
    problems += [Problem(key, _secret_in_file(name, key)) for key in secrets_of(kind) if key in in_file]
    options = None
    if not problems:
        try:
            options = kind.Options.model_validate(_from_home(kind, own.options, settings.home))
        except ValidationError as error:
            problems = [_problem(name, item) for item in error.errors()]
    if options is not None and roles & WRITING:
        problems += _too_long(options, settings)
        problems += _unknown_projects(own, options)
    return Judged(kind, roles, options, tuple(problems))


def secrets_of(kind: Any) -> tuple[str, ...]:
    """Keys that come from the environment only."""
    own = tuple(key for key, info in kind.Options.model_fields.items() if SecretStr in _parts(info.annotation))
    return (*own, *OWN_SECRETS)


def with_placeholders(own: ConnectionSettings, given: Mapping[str, Any]) -> tuple[ConnectionSettings, tuple[str, ...]]:
    """The section as it will be once its secrets are set, and the keys of those that it needs and has not got.

    Raises LookupError for an unknown type.
    """
    fields = load(own.type).Options.model_fields
    lacking = tuple(
        key for key, i in fields.items() if SecretStr in _parts(i.annotation) and i.is_required() and key not in given
    )
    return own.model_copy(update=dict.fromkeys(lacking, _PLACEHOLDER)), lacking


def variable(name: str, key: str) -> str:
    """The environment variable of a key."""
    return f"{PREFIX}CONNECTIONS__{name.upper()}__{key.upper()}"


def _secret_in_file(name: str, key: str) -> str:
    its = variable(name, key)
    return f"a secret must not stand in config.toml: set {its}, or {its}_FILE to the path of a file that holds it"


def _too_long(options: Any, settings: Settings) -> list[Problem]:
    """A write that may last longer than delivery reckons with could take effect after its lease, unseen."""
    longest, reckoned = getattr(options, "timeout_s", 0.0), settings.deliver.request_timeout
    if longest <= reckoned:
        return []
    text = (
        f"{longest:g} is more than request_timeout = {reckoned:g} of section [deliver]: lower it, or raise "
        "request_timeout to as much"
    )
    return [Problem("timeout_s", text)]


def _unknown_projects(own: ConnectionSettings, options: Any) -> list[Problem]:
    """Routes lead only to projects that the connector also reads."""
    known = {getattr(options, "project", None), *getattr(options, "projects", ())}
    routes = own.publish.routes if own.publish and hasattr(options, "projects") else ()
    missing = sorted({route.project for route in routes} - known)
    text = f"routes lead to {', '.join(missing)}: add it to the key 'projects' of this connection"
    return [Problem("publish", text)] if missing else []


def _from_home(kind: Any, options: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """A relative path in the configuration lies in the workspace folder."""
    fields = kind.Options.model_fields
    return {
        key: home / value
        if isinstance(value, str) and key in fields and Path in _parts(fields[key].annotation)
        else value
        for key, value in options.items()
    }


def _parts(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _problem(name: str, item: Any) -> Problem:
    key = ".".join(str(part) for part in item["loc"]) or "(all)"
    if item["type"] == "extra_forbidden":
        return Problem(key, "unknown key for this type: correct its spelling or remove it")
    if item["type"] == "missing":
        its = variable(name, key)
        return Problem(key, f"missing: add it (a secret comes by {its} or {its}_FILE)")
    return Problem(key, f"{item['msg'].removeprefix('Value error, ')}: correct it")
