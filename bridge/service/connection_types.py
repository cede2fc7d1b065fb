"""Adding a connection: which types there are, the lines to paste into config.toml, and a check of pasted lines.

Rule: nothing is written and nobody is called; a secret is refused with the variable to set, and is not repeated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bridge.connecting import judge, secrets_of, variable, with_placeholders
from bridge.service.access import Actor, Permission, require
from bridge.settings import ConnectionSettings, Settings
from bridge.settings.model import NAME
from connectors.registry import known_types, load, roles_of

HIDDEN = ("memory", "memory_sink", "memory_tracker")
"""Types that live in one process only: for demonstrations and tests."""

_TITLES = {
    "files": "Folder of exports (CSV, JSON Lines)",
    "files_sink": "File that takes notes",
    "files_tracker": "Folder of Markdown files",
    "redmine": "Redmine 5",
    "request_tracker": "Request Tracker 5",
    "slack": "Slack, by a bot",
    "slack_webhook": "Slack, one channel by a webhook",
    "smtp": "Mail (SMTP)",
    "webhook": "Signed webhook",
}
_ROLES = {
    "help_desk": "help desk",
    "account_source": "accounts",
    "remedy_sink": "takes notes",
    "tracker": "tracker",
    "notifier": "messages to people",
}
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Key:
    """One option: what it must be, and its default where it has one."""

    name: str
    kind: str
    required: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Type:
    """``lines`` are to be pasted; ``variables`` name what holds the secrets, which never stand in the file."""

    name: str
    title: str
    roles: tuple[str, ...]
    keys: tuple[Key, ...]
    variables: tuple[str, ...]
    lines: str
    about: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check says of one key of one section; ``key`` is empty where it is about the section or the text."""

    section: str
    key: str
    text: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """``variables`` are still to be set, in the environment of the service and the worker."""

    findings: tuple[Finding, ...]
    sections: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def holds_secret(self) -> bool:
        """Such lines are not to be shown again; those that cannot be read may hold one, too."""
        return any(finding.secret for finding in self.findings)


def connection_types(actor: Actor) -> tuple[Type, ...]:
    """All that can be loaded, help desks first. Raises Forbidden."""
    require(actor, Permission.OPERATE)
    found = [_type(name) for name in known_types() if name not in HIDDEN and _loads(name)]
    return tuple(sorted(found, key=lambda kind: ("help desk" not in kind.roles, kind.title)))


def check_lines(actor: Actor, text: str, settings: Settings) -> Checked:
    """Judge sections [connections.NAME] as the program would at its start. Raises Forbidden."""
    require(actor, Permission.OPERATE)
    if len(text) > LONGEST:
        return Checked((Finding("", "", f"more than {LONGEST:,} characters: paste one connection at a time"),), (), ())
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Checked(
            (Finding("", "", f"this is not valid TOML: {_place(error)}: mend that line", secret=True),), (), ()
        )
    sections = values.get("connections")
    findings = [
        Finding(f"[{name}]", "", "only sections [connections.NAME] are checked here")
        for name in values
        if name != "connections"
    ]
    if not isinstance(sections, dict) or not sections:
        told = "there is no section here: begin with a line such as [connections.desk]"
        return Checked((*findings, Finding("", "", told)), (), ())
    variables: list[str] = []
    for name, section in sections.items():
        findings += _judge(str(name), section, settings, variables)
    return Checked(tuple(findings), tuple(map(str, sections)), tuple(variables))


def _judge(name: str, section: Any, settings: Settings, variables: list[str]) -> Iterator[Finding]:
    where = f"[connections.{name}]"
    if not re.fullmatch(NAME, name):
        yield Finding(where, "", "a name has lower-case letters, digits and single underscores: rename it")
        return
    if not isinstance(section, dict):
        yield Finding(where, "", "this is one value, not a section: write [connections.NAME] on a line of its own")
        return
    for key in section.keys() & _secret_keys(section):
        its = variable(name, key)
        told = f"a secret is never entered here or in config.toml: set {its}, or {its}_FILE to a file that holds it"
        yield Finding(where, key, told, secret=True)
    plain = {key: value for key, value in section.items() if key not in _secret_keys(section)}
    try:
        own = ConnectionSettings.model_validate(plain)
        whole, lacking = with_placeholders(own, plain)
    except ValidationError as error:
        yield from (_finding(where, item) for item in error.errors())
        return
    except LookupError as error:
        yield Finding(where, "type", str(error))
        return
    variables += [variable(name, key) for key in lacking]
    judged = judge(name, whole, settings.model_copy(update={"in_file": {"connections": {name: plain}}}))
    yield from (Finding(where, problem.key, problem.text) for problem in judged.problems)


def _finding(where: str, item: Any) -> Finding:
    key = ".".join(str(part) for part in item["loc"] if part != "[key]")
    text = "missing: add it" if item["type"] == "missing" else str(item["msg"]).removeprefix("Value error, ")
    return Finding(where, key, f"{text}: correct it" if item["type"] != "missing" else text)


def _secret_keys(section: Mapping[str, Any]) -> set[str]:
    """The type's own secrets; of an unknown type whatever sounds like one."""
    try:
        return set(secrets_of(load(str(section.get("type")))))
    except LookupError:
        return {key for key in section if re.search("secret|token|password|api_key", key)}


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Without what stands there: it may be a secret."""
    line = re.search(r"at line (\d+), column (\d+)", str(error))
    return f"line {line.group(1)}, column {line.group(2)}" if line else "at its end"


def _loads(name: str) -> bool:
    try:
        load(name)
    except LookupError:
        return False
    return True


def _type(name: str) -> Type:
    kind = load(name)
    secret = set(secrets_of(kind))
    fields = {key: info for key, info in kind.Options.model_fields.items() if key not in secret}
    section = _example(name, roles_of(kind))
    keys = tuple(
        Key(key, _kind(info.annotation), info.is_required(), None if info.is_required() else _toml(info.default))
        for key, info in fields.items()
    )
    own = [key for key, info in kind.Options.model_fields.items() if key in secret and info.is_required()]
    return Type(
        name=name,
        title=_TITLES.get(name, name),
        roles=tuple(words for role, words in _ROLES.items() if role in roles_of(kind)),
        keys=keys,
        variables=tuple(variable(section, key) for key in own),
        lines="\n".join([f"[connections.{section}]", f'type = "{name}"', *_lines(section, keys)]),
        about=" ".join((kind.Options.__doc__ or "").replace("``", "").split()),
    )


def _example(name: str, roles: frozenset[str]) -> str:
    if name.startswith("files"):
        return {"files": "exports", "files_sink": "notes", "files_tracker": "issues"}.get(name, name)
    return "desk" if "help_desk" in roles else name


def _lines(section: str, keys: tuple[Key, ...]) -> Iterator[str]:
    samples = {"base_url": f"https://{section}.example.com", "path": section, "project": "shop"}
    samples |= {"host": f"{section}.example.com", "sender": "bridge@example.com"}
    for key in keys:
        if key.required:
            yield f'{key.name} = "{samples.get(key.name, "")}"'


def _kind(annotation: Any) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = text.replace("typing.", "").replace("pathlib.", "").replace("ipaddress.", "").replace(" | None", "")
    words = {"str": "text", "bool": "true or false", "float": "number", "int": "whole number", "Path": "path"}
    if text in words:
        return words[text]
    return "list" if text.startswith(("tuple", "list")) else "table" if text.startswith(("dict", "Mapping")) else "text"


def _toml(value: Any) -> str:
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, tuple | list | AbstractSet):
        return "[" + ", ".join(_toml(one) for one in sorted(value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
