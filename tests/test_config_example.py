"""The example lists every key, says the defaults, and its commented connections work when they are taken in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bridge.connecting import OWN_SECRETS
from bridge.settings import ConnectionSettings, Settings, load_settings
from connectors import registry

EXAMPLE = (Path(__file__).parents[1] / "config.example.toml").read_text(encoding="utf-8")
TAKEN_IN = re.sub(r"^#(?=[^ \n])", "", EXAMPLE, flags=re.MULTILINE)
SECRETS = {
    "desk": "token",
    "redmine": "api_key",
    "mail": "password",
    "slack": "token",
    "hook": "secret",
    "room": "webhook",
}


def test_the_example_says_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(EXAMPLE, encoding="utf-8")
    example = load_settings(tmp_path, {})
    (tmp_path / "config.toml").write_text("", encoding="utf-8")

    assert example.model_dump(exclude={"in_file"}) == load_settings(tmp_path, {}).model_dump(exclude={"in_file"})


def test_the_example_lists_every_key() -> None:
    missing = (
        _every_key(Settings)
        - _keys_of(tomllib.loads(EXAMPLE))
        - {"home", "in_file", "connections", "oidc.client_secret", "titles.api_key"}
    )

    assert missing == set()


def test_every_key_and_section_has_a_comment_above() -> None:
    lines = EXAMPLE.splitlines()
    blocks = [lines[i - 1] for i, line in enumerate(lines) if re.match(r"[a-z_]+ =", line)]
    uncommented = [line for line in blocks if not re.match(r"# |[a-z_]+ =", line)]

    assert uncommented == []


def test_the_example_connections_show_every_key_of_a_connection(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TAKEN_IN, encoding="utf-8")
    connections = load_settings(tmp_path, {}).connections

    assert {connection.type for connection in connections.values()} == {
        "files",
        "files_tracker",
        "request_tracker",
        "redmine",
        "smtp",
        "slack",
        "slack_webhook",
        "webhook",
    }
    assert set().union(*(connection.model_fields_set for connection in connections.values())) >= set(
        ConnectionSettings.model_fields.keys() - OWN_SECRETS
    )


@pytest.mark.parametrize("name", ["exports", "desk", "issues", "redmine", "mail", "slack", "room", "hook"])
def test_the_example_options_are_those_of_the_connector(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.toml").write_text(TAKEN_IN, encoding="utf-8")
    connection = load_settings(tmp_path, {}).connections[name]
    secret = {SECRETS[name]: "https://not.a.secret.example/at/all"} if name in SECRETS else {}

    options = registry.load(connection.type).Options.model_validate({**connection.options, **secret})

    assert set(options.model_fields_set) == {*connection.options, *secret}


def _every_key(model: type[BaseModel], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, field in model.model_fields.items():
        below = field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            keys |= _every_key(below, f"{prefix}{name}.")
        else:
            keys.add(prefix + name)
    return keys


def _keys_of(values: dict[str, Any], prefix: str = "") -> set[str]:
    keys: set[str] = set()
    for name, value in values.items():
        keys |= _keys_of(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name}
    return keys
