"""Puts the sources together and says in words what is wrong with them. No message shows a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from bridge.settings.model import Settings
from bridge.settings.sources import (
    CONFIG_NAME,
    PREFIX,
    RESERVED,
    Environment,
    KeyPath,
    SettingsError,
    merge,
    read_environment,
    read_toml,
)

SECRET_KEY = re.compile(r"token|password|passwd|secret|key|credential|url", re.IGNORECASE)
SHOWN_LENGTH = 60


def load_settings(home: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read ``home/config.toml`` and the environment. Raises SettingsError."""
    in_file = read_toml(home / CONFIG_NAME)
    environment = read_environment(os.environ if environ is None else environ)
    words = _Words(home / CONFIG_NAME, environment)
    values = merge(in_file, environment.values)
    try:
        settings = Settings.model_validate({**values, "home": home.resolve(), "in_file": in_file})
    except ValidationError as error:
        raise SettingsError("\n".join(words.explain(dict(item)) for item in error.errors())) from None
    _refuse_password(in_file, words)
    _refuse_secret(in_file, words, "oidc", "client_secret")
    _refuse_secret(in_file, words, "titles", "api_key")
    _refuse_unknown_tracker(settings, words)
    return settings


def _refuse_password(in_file: Mapping[str, Any], words: _Words) -> None:
    if urlsplit(in_file.get("database", {}).get("url", "")).password:
        raise SettingsError(
            f"{words.file}, section [database], key 'url': holds a password: take it out of the file and set "
            f"{PREFIX}DATABASE__URL, or {PREFIX}DATABASE__URL_FILE to the path of a file that holds the whole URL"
        )


def _refuse_secret(in_file: Mapping[str, Any], words: _Words, section: str, key: str) -> None:
    if key in in_file.get(section, {}):
        variable = f"{PREFIX}{section}__{key}".upper()
        raise SettingsError(
            f"{words.file}, section [{section}], key {key!r}: a secret must not stand in config.toml: set "
            f"{variable}, or {variable}_FILE to the path of a file that holds it"
        )


def _refuse_unknown_tracker(settings: Settings, words: _Words) -> None:
    name = settings.publish.tracker
    if name and name not in settings.connections:
        known = ", ".join(sorted(settings.connections)) or "none"
        raise SettingsError(
            f"{words.where(('publish', 'tracker'))}: there is no connection {name!r}: name one of yours ({known})"
        )


@dataclass(frozen=True)
class _Words:
    """Turns a validation error into where, what and what to do."""

    file: Path
    environment: Environment

    def where(self, path: KeyPath) -> str:
        section = ".".join(path[:-1]) or "(top level)"
        variable = self.environment.variable(path)
        source = f"environment variable {variable}" if variable else str(self.file)
        return f"{source}, section [{section}], key {path[-1]!r}"

    def explain(self, item: Mapping[str, Any]) -> str:
        path = _key_path(item["loc"])
        if item["type"] == "extra_forbidden":
            return f"{self.where(path)}: unknown key: {_correction(path)}; config.example.toml lists all keys"
        if item["type"] == "missing":
            return f"{self.where(path)}: missing: add it to {self.file}, or set {PREFIX}{'__'.join(path).upper()}"
        if item["loc"][-1] == "[key]":
            return f"{self.where(path)}: a name has lower-case letters, digits and single underscores: rename it"
        message = str(item["msg"]).removeprefix("Value error, ")
        return f"{self.where(path)}: {message}, got {self._shown(path, item['input'])}: correct the value"

    def _shown(self, path: KeyPath, value: Any) -> str:
        if isinstance(value, Mapping):
            return "a table"
        if isinstance(value, list | tuple):
            return "a list"
        if SECRET_KEY.search(path[-1]) or (self.environment.variable(path) or "").endswith("_FILE"):
            return "a value that is not shown"
        return repr(value)[:SHOWN_LENGTH]


def _key_path(loc: tuple[int | str, ...]) -> KeyPath:
    """Keys only: an index belongs to its list, and "[key]" says that the key itself is wrong."""
    return tuple(part for part in loc if isinstance(part, str) and part != "[key]")


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that a key holds: itself, one or none, a list of it, or a table of named ones."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section(part) for part in get_args(annotation))
    return next((section for section in found if section is not None), None)


def _correction(path: KeyPath) -> str:
    model: type[BaseModel] = Settings
    for part in path[:-1]:
        if part in model.model_fields:
            model = _section(model.model_fields[part].annotation) or model
    known = [name for name in model.model_fields if name not in RESERVED]
    close = get_close_matches(path[-1], known, n=1)
    return f"did you mean {close[0]!r}?" if close else "correct its spelling or remove it"
