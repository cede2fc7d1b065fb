"""Settings say where they are wrong: the file or the variable, the section, the key, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.settings import Settings, SettingsError, load_settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a workspace whose config.toml holds the text, with only the given variables."""

    def load_text(text: str = "", **environ: str) -> Settings:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return load_settings(tmp_path, environ)

    return load_text


def test_an_empty_file_means_the_defaults(load: Load, tmp_path: Path) -> None:
    settings = load()

    assert settings.home == tmp_path
    assert settings.publish.mode == "approve"
    assert (settings.publish.bar.top, settings.publish.bar.min_accounts) == (20, 2)
    assert settings.connections == {}


def test_settings_cannot_be_changed(load: Load) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().database.url = "sqlite:///other.db"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///bridge.db", "sqlite:///{home}/bridge.db"),
        ("sqlite:///data/b.db", "sqlite:///{home}/data/b.db"),
        ("sqlite:////var/lib/b.db", "sqlite:////var/lib/b.db"),
        ("postgresql://db.example/bridge", "postgresql://db.example/bridge"),
    ],
)
def test_a_relative_sqlite_path_lies_in_the_workspace(load: Load, tmp_path: Path, url: str, expected: str) -> None:
    assert load(f'database.url = "{url}"').database_url == expected.format(home=tmp_path)


def test_the_home_is_absolute_wherever_one_stands(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    monkeypatch.chdir(tmp_path.parent)

    assert load_settings(Path(tmp_path.name), {}).database_url == f"sqlite:///{tmp_path}/bridge.db"


def test_the_environment_wins_key_by_key(load: Load) -> None:
    settings = load(
        '[publish]\nmode = "automatic"\nbar = {top = 5, min_accounts = 3}',
        BRIDGE__PUBLISH__BAR__TOP="7",
        BRIDGE__WORKER__INTAKE_MINUTES="0.5",
        BRIDGE__WORKSPACE__INTERNAL_DOMAINS="Example.com, example.org",
        BRIDGE_HOME="not ours",
    )

    assert (settings.publish.mode, settings.publish.bar.top, settings.publish.bar.min_accounts) == ("automatic", 7, 3)
    assert settings.worker.intake_minutes == 0.5
    assert settings.workspace.internal_domains == ("example.com", "example.org")


def test_a_secret_comes_by_variable_or_by_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    text = '[connections.desk]\ntype = "request_tracker"\nqueues = ["Support"]'

    by_variable = load(text, BRIDGE__CONNECTIONS__DESK__TOKEN="s3cret")
    by_file = load(text, BRIDGE__CONNECTIONS__DESK__TOKEN_FILE=str(tmp_path / "token"))

    assert by_variable.connections["desk"].options == {"queues": ["Support"], "token": "s3cret"}
    assert by_file.connections == by_variable.connections
    assert "token" not in by_file.in_file["connections"]["desk"]


def test_nothing_secret_is_shown(load: Load) -> None:
    settings = load(
        '[connections.desk]\ntype = "files"',
        BRIDGE__CONNECTIONS__DESK__TOKEN="s3cret",
        BRIDGE__DATABASE__URL="postgresql://bridge:s3cret@db.example/bridge",
    )

    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings)
    assert "token" in repr(settings.connections["desk"])


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[workspace]\ncurrency = 'USD'\n")

    assert load_settings(tmp_path, {}).workspace.currency == "USD"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currency = 1", "section [(top level)], key 'currency': unknown key: correct its spelling or remove it"),
        ("[worksapce]", "section [(top level)], key 'worksapce': unknown key: did you mean 'workspace'?"),
        ("[publish]\nmodus = 1", "section [publish], key 'modus': unknown key: did you mean 'mode'?"),
        ("[publish.bar]\ntoo = 1", "section [publish.bar], key 'too': unknown key: did you mean 'top'?"),
        ("home = '/'", "section [(top level)], key 'home': unknown key: remove it"),
        ("in_file = 1", "section [(top level)], key 'in_file': unknown key: remove it"),
        (
            "[publish]\nmode = 'yes'",
            "section [publish], key 'mode': Input should be 'approve' or 'automatic', got 'yes'",
        ),
        (
            "[model]\nbatch_size = 0",
            "section [model], key 'batch_size': Input should be greater than or equal to 1, got 0",
        ),
        (
            "[deliver]\nrequest_timeout = inf",
            "section [deliver], key 'request_timeout': Input should be a finite number",
        ),
        ("[worker]\nlease_seconds = 'x'", "section [worker], key 'lease_seconds': Input should be a valid number"),
        ("[workspace]\ntimezone = 'Mars/X'", "section [workspace], key 'timezone': is no time zone"),
        ("[workspace]\ncurrency = 'euro'", "section [workspace], key 'currency': String should match pattern"),
        (
            "[database]\nurl = 'mysql://x/y'",
            "section [database], key 'url': must begin with sqlite:/// and name a file",
        ),
        ("[database]\nurl = 'sqlite:///:memory:'", "section [database], key 'url': must begin with sqlite:///"),
        ("database = 1", "section [(top level)], key 'database': Input should be a valid dictionary"),
        ("[connections.desk]", "section [connections.desk], key 'type': missing: add it to"),
        (
            "[connections.desk]\ntype = 'x'\nroles = ['boss']",
            "section [connections.desk], key 'roles': Input should be",
        ),
        ("[connections.'My-Desk']\ntype = 'x'", "section [connections], key 'My-Desk': a name has lower-case letters"),
        ("[publish]\ntracker = 'jira'", "section [publish], key 'tracker': there is no connection 'jira': name one of"),
        ("[database]\nurl = 'postgresql://a:pw@h/d'", "section [database], key 'url': holds a password: take it out"),
    ],
)
def test_an_error_in_the_file_names_file_section_key_and_remedy(
    load: Load, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(text)

    assert f"{tmp_path / 'config.toml'}, {message}" in str(caught.value)
    assert any(str(caught.value).endswith(end) for end in REMEDIES) or "set BRIDGE__" in str(caught.value)
    assert "pw" not in str(caught.value)


REMEDIES = (
    ": correct the value",
    "config.example.toml lists all keys",
    ": remove it",
    ": rename it",
    ": name one of yours (none)",
)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"BRIDGE__PUBLISH__MODUS": "x"},
            "environment variable BRIDGE__PUBLISH__MODUS, section [publish], key 'modus': unknown key: did you mean 'mode'?",
        ),
        (
            {"BRIDGE__WORKSPCE__CURRENCY": "EUR"},
            "environment variable BRIDGE__WORKSPCE__CURRENCY, section [(top level)], key 'workspce': unknown key",
        ),
        (
            {"BRIDGE__MODEL__BATCH_SIZE": "many"},
            "BATCH_SIZE, section [model], key 'batch_size': Input should be a valid integer, unable to parse string",
        ),
        ({"BRIDGE__HOME": "/"}, "environment variable BRIDGE__HOME: unknown key 'home': remove it"),
        ({"BRIDGE__IN_FILE__X": "/"}, "environment variable BRIDGE__IN_FILE__X: unknown key 'in_file': remove it"),
        (
            {"BRIDGE__DATABASE": "x", "BRIDGE__DATABASE__URL": "y"},
            "environment variables BRIDGE__DATABASE and BRIDGE__DATABASE__URL contradict each other: remove one of them",
        ),
        (
            {"BRIDGE__DATABASE__URL": "sqlite:///a.db", "BRIDGE__DATABASE__URL_FILE": __file__},
            "environment variables BRIDGE__DATABASE__URL and BRIDGE__DATABASE__URL_FILE contradict each other",
        ),
        (
            {"BRIDGE__DATABASE__URL_FILE": "/nowhere/at/all"},
            "BRIDGE__DATABASE__URL_FILE names /nowhere/at/all, which cannot be read (No such file or directory): mend",
        ),
        ({"BRIDGE__DATABASE__URL_FILE": "/dev/null"}, "BRIDGE__DATABASE__URL_FILE names /dev/null, which is empty"),
        (
            {"BRIDGE__CONNECTIONS__DESK__TOKEN": "s3cret"},
            "section [connections.desk], key 'type': missing: add it to",
        ),
        (
            {"BRIDGE__PUBLISH__TRACKER": "jira"},
            "environment variable BRIDGE__PUBLISH__TRACKER, section [publish], key 'tracker': there is no connection 'jira'",
        ),
        (
            {"BRIDGE__DATABASE__URL": "oracle://me:s3cret@h/d"},
            "begin with postgresql://, got a value that is not shown: correct the value",
        ),
    ],
)
def test_an_error_in_the_environment_names_the_variable(load: Load, variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load("", **variables)

    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_tables_are_not_shown_because_they_may_hold_secrets(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"key 'connections': .*, got a list: correct the value") as caught:
        load('[[connections]]\ntype = "x"\ntoken = "s3cret"')

    assert "s3cret" not in str(caught.value)


def test_all_errors_are_told_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load("[publish]\nmode = 'yes'\n[worker]\nlease_seconds = 0")

    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"config\.toml is not there: run `bridge --home .* init`"):
        load_settings(tmp_path, {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()

    with pytest.raises(SettingsError, match=r"config\.toml cannot be read \(Is a directory\)"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[publish\n", r"config\.toml is not valid TOML: .*line 1.*: mend that line"),
        (b"# caf\xe9\n", r"config\.toml is not UTF-8 \(.* at byte 5\): save it as UTF-8"),
    ],
)
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "config.toml").write_bytes(content)

    with pytest.raises(SettingsError, match=message):
        load_settings(tmp_path, {})


def test_a_secret_file_that_is_no_text_is_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match=r"TOKEN_FILE names .*token, which is not text: mend the path"):
        load("", BRIDGE__CONNECTIONS__DESK__TOKEN_FILE=str(tmp_path / "token"))
