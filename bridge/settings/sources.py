"""Where settings come from, before anybody asks whether they are right: config.toml, environment, files of secrets.

The environment wins over the file. Each value of the environment remembers its variable, so that an error can name it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError

PREFIX = "BRIDGE__"
CONFIG_NAME = "config.toml"
RESERVED = ("home", "in_file")

KeyPath = tuple[str, ...]


class SettingsError(BridgeError):
    """The configuration cannot be used; the message says where and what to mend."""

    exit_code = 3


@dataclass
class Environment:
    """Nested values, and the variable that each came from by its path of keys."""

    values: dict[str, Any] = field(default_factory=dict)
    variables: dict[KeyPath, str] = field(default_factory=dict)

    def variable(self, path: KeyPath) -> str | None:
        """The variable that set this key, a key below it, or a table above it."""
        for known, name in self.variables.items():
            shorter = min(len(known), len(path))
            if known[:shorter] == path[:shorter]:
                return name
        return None


def read_toml(path: Path) -> dict[str, Any]:
    """Raises SettingsError."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is not there: run `bridge --home {path.parent} init`, or name the workspace folder by --home"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): mend its permissions") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}: mend that line") from None
    for reserved in RESERVED:
        if reserved in values:
            raise SettingsError(f"{path}, section [(top level)], key {reserved!r}: unknown key: remove it")
    return values


def read_environment(environ: Mapping[str, str]) -> Environment:
    """All variables that begin with the prefix; ``__`` separates sections. Raises SettingsError."""
    found = Environment()
    for name in sorted(environ):
        if name.startswith(PREFIX):
            path = tuple(name.removeprefix(PREFIX).lower().split("__"))
            value = environ[name]
            if path[-1].endswith("_file"):
                path = (*path[:-1], path[-1].removesuffix("_file"))
                value = _read_secret(name, Path(value))
            _put(found, path, name, value)
    return found


def merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; of anything else ``high`` wins."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _put(found: Environment, path: KeyPath, name: str, value: str) -> None:
    if path[0] in RESERVED:
        raise SettingsError(f"environment variable {name}: unknown key {path[0]!r}: remove it")
    other = found.variable(path)
    node: Any = found.values
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            break
    if not isinstance(node, dict) or path[-1] in node:
        raise SettingsError(f"environment variables {other} and {name} contradict each other: remove one of them")
    node[path[-1]] = value
    found.variables[path] = name


def _read_secret(name: str, path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"environment variable {name} names {path}, which cannot be read ({error.strerror}): mend the path"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"environment variable {name} names {path}, which is not text: mend the path") from None
    if not secret:
        raise SettingsError(f"environment variable {name} names {path}, which is empty: write the value into it")
    return secret
