"""Adding a connection: the lines work when they are pasted, faults are told by key, and no secret is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.bootstrap import build
from bridge.service.access import Actor, Forbidden
from bridge.service.connection_types import Checked, Type, check_lines, connection_types
from bridge.settings import Settings, load_settings
from bridge.words import Role

ADMIN = Actor("a", Role.ADMIN)
TYPES = {kind.name: kind for kind in connection_types(ADMIN)}
SECRET = "hunter2hunter2hunter2"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "config.toml").write_text("")
    return load_settings(tmp_path, {})


def keys(found: Checked) -> set[tuple[str, str]]:
    return {(finding.section, finding.key) for finding in found.findings}


@pytest.mark.parametrize("kind", TYPES.values(), ids=str)
def test_the_lines_of_a_type_are_right_and_start(kind: Type, settings: Settings) -> None:
    checked = check_lines(ADMIN, kind.lines, settings)
    assert (checked.findings, checked.variables) == ((), kind.variables)

    (settings.home / "config.toml").write_text(kind.lines)
    environ = dict.fromkeys(checked.variables, "a-secret-of-its-own")
    assert len(build(load_settings(settings.home, environ)).connections) == 1


def test_types_for_demonstrations_are_not_offered() -> None:
    assert set(TYPES) == {"files", "files_sink", "files_tracker", "redmine", "request_tracker"} | {
        *("slack", "slack_webhook", "smtp", "webhook")
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {("", "")}),
        ("a = = 1", {("", "")}),
        ("[web]\nport = 1", {("[web]", ""), ("", "")}),
        ('[connections.desk]\ntype = "zen"', {("[connections.desk]", "type")}),
        ("[connections.desk]\npath = 'x'", {("[connections.desk]", "type")}),
        ('[connections.Desk]\ntype = "files"\npath = "x"', {("[connections.Desk]", "")}),
        ("[connections]\ndesk = 1", {("[connections.desk]", "")}),
        (
            '[connections.desk]\ntype = "files"\nfoo = 1',
            {("[connections.desk]", "path"), ("[connections.desk]", "foo")},
        ),
        ('[connections.d]\ntype = "files"\npath = "x"\nroles = ["tracker"]', {("[connections.d]", "roles")}),
        ('[connections.d]\ntype = "files"\npath = "x"\nenabled = "perhaps"', {("[connections.d]", "enabled")}),
        (
            '[connections.d]\ntype = "request_tracker"\nbase_url = "https://d.example"\ntimeout_s = 99',
            {("[connections.d]", "timeout_s")},
        ),
        ('[connections.d]\ntype = "request_tracker"\nbase_url = "http://d.example"', {("[connections.d]", "(all)")}),
        ("x" * 20_001, {("", "")}),
    ],
)
def test_faults_are_told_by_key(text: str, found: set[tuple[str, str]], settings: Settings) -> None:
    checked = check_lines(ADMIN, text, settings)

    assert not checked.ok
    assert keys(checked) == found
    assert all(finding.text for finding in checked.findings)


@pytest.mark.parametrize("key", ["token", "webhook_secret"])
def test_a_secret_is_refused_by_its_variable_and_not_repeated(key: str, settings: Settings) -> None:
    lines = f'[connections.desk]\ntype = "request_tracker"\nbase_url = "https://d.example"\n{key} = "{SECRET}"'
    checked = check_lines(ADMIN, lines, settings)

    assert keys(checked) == {("[connections.desk]", key)}
    assert checked.holds_secret
    assert f"BRIDGE__CONNECTIONS__DESK__{key.upper()}_FILE" in checked.findings[0].text
    assert SECRET not in repr(checked)


def test_nothing_is_written_and_only_operators_may(settings: Settings) -> None:
    check_lines(ADMIN, TYPES["files_tracker"].lines, settings)
    assert [path.name for path in settings.home.iterdir()] == ["config.toml"]
    for ask in (connection_types, lambda a: check_lines(a, "", settings)):
        with pytest.raises(Forbidden):
            ask(Actor("p", Role.PRODUCT_MANAGER))
