"""The documents tell the truth: links lead somewhere, commands parse, settings, options and columns exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from bridge.analysis import account_rows, supplier_rows
from bridge.analysis.record import Contribution, Explanation, Uncertainty
from bridge.analysis.remedy_fields import FIELDS
from bridge.analysis.value import AccountValue, Rates
from bridge.bootstrap import build
from bridge.cli.app import app
from bridge.settings import ConnectionSettings, Settings, load_settings
from bridge.words import OutboxState, RemedyState
from connectors import registry
from connectors._options import HttpOptions
from connectors._ticket_rows import KNOWN

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "connectors/*.md", "benchmarks/*.md") for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
HEREDOC = re.compile(r"^(?P<command>[^\n]*<<'(?P<end>\w+)'[^\n]*)\n(?P<body>.*?)^(?P=end)$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\bBRIDGE__[A-Z0-9_]+")
PLACEHOLDERS = {"SECTION", "NAME", "KEY"}
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(text: str) -> str:
    return BLOCK.sub("", text)


def _blocks(text: str, language: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(text) if found["language"] == language]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    targets = [target.partition("#")[0] for target in LINK.findall(document.read_text(encoding="utf-8"))]
    broken = [t for t in targets if t and "://" not in t and not (document.parent / t).exists()]

    assert broken == []


def _shell_commands(text: str) -> Iterator[list[str]]:
    """The words of each ``bridge`` command in the shell blocks, without redirections and comments."""
    for block in _blocks(text, "sh"):
        script = HEREDOC.sub(lambda found: found["command"].partition("<<")[0], block).replace("\\\n", " ")
        for line in script.splitlines():
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&<>;")
            lexer.whitespace_split = True
            words = list(lexer)
            stops = [i for i, word in enumerate(words) if set(word) <= set("|&<>;")]
            for start, stop in zip([-1, *stops], [*stops, len(words)], strict=True):
                command = words[start + 1 : stop]
                if command[:1] == ["bridge"]:
                    yield command[1:]


def _leaf(arguments: list[str]) -> tuple[Any, list[str]]:
    """The command that is called and its own arguments. Raises typer's usage error for an unknown name or option."""
    command: Any = typer.main.get_command(app)
    context: Any = None
    rest, name = list(arguments), "bridge"
    while hasattr(command, "resolve_command") and rest:
        context = command.make_context(name, rest, parent=context)
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            break
        name, command, rest = command.resolve_command(context, rest)
    return command, rest


def _shell_cases() -> list[Any]:
    return [
        pytest.param(words, id=f"{_name(path)}: bridge {shlex.join(words)}"[:120])
        for path in DOCUMENTS
        for words in _shell_commands(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("words", _shell_cases())
def test_commands_to_type_parse_as_written(words: list[str]) -> None:
    command, rest = _leaf(words)

    assert not hasattr(command, "resolve_command"), "a command group alone does nothing"
    command.make_context(command.name, rest)


def test_there_are_commands_to_type() -> None:
    assert len(list(_shell_commands(_read("README.md")))) > 20


def _mentioned_commands() -> list[Any]:
    return [
        pytest.param(code, id=f"{_name(path)}: {code}"[:120])
        for path in DOCUMENTS
        for code in sorted(set(CODE.findall(_prose(path.read_text(encoding="utf-8")))))
        if code.startswith("bridge ")
    ]


@pytest.mark.parametrize("code", _mentioned_commands())
def test_commands_in_the_prose_exist(code: str) -> None:
    """An argument may be left out there; a name or an option may not be wrong."""
    command, rest = _leaf([word for word in shlex.split(code)[1:] if word != "--help"])

    known = {option for param in command.params for option in param.opts}
    assert {word for word in rest if word.startswith("-")} <= known


def _option_names(kind: Any) -> set[str]:
    return set(kind.Options.model_fields)


ALL_OPTIONS = set().union(*(_option_names(registry.load(name)) for name in registry.TYPES))


def _is_setting(path: list[str]) -> bool:
    """Whether a path of keys leads to a setting or a section."""
    if path[0] == "connections":
        return len(path) < 3 or path[2] in set(ConnectionSettings.model_fields) | ALL_OPTIONS
    model: Any = Settings
    for part in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or part not in model.model_fields:
            return False
        model = model.model_fields[part].annotation
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_variables_name_settings(document: Path) -> None:
    names = {name.removesuffix("_FILE") for name in VARIABLE.findall(document.read_text(encoding="utf-8"))}
    paths = {name: name.removeprefix("BRIDGE__").split("__") for name in names}
    wrong = [
        name
        for name, path in paths.items()
        if not PLACEHOLDERS & set(path) and not _is_setting([part.lower() for part in path])
    ]

    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_dotted_keys_in_the_prose_are_settings(document: Path) -> None:
    sections = "|".join(set(Settings.model_fields) - {"home", "in_file"})
    dotted = re.compile(rf"(?:{sections})(?:\.[a-z_]+)+")
    wrong = [
        code
        for code in CODE.findall(_prose(document.read_text(encoding="utf-8")))
        if dotted.fullmatch(code)
        and not code.endswith((".py", ".toml", ".key", ".db"))
        and not _is_setting(code.split("."))
    ]

    assert wrong == []


def _configurations() -> list[Any]:
    cases = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        found = _blocks(text, "toml")
        for block in _blocks(text, "sh"):
            found += [here["body"] for here in HEREDOC.finditer(block) if "config.toml" in here["command"]]
        cases += [pytest.param(body, id=f"{_name(path)} {n}") for n, body in enumerate(found) if "[project" not in body]
    return cases


@pytest.mark.parametrize("text", _configurations())
def test_configurations_are_taken(text: str, tmp_path: Path) -> None:
    """With their secrets from the environment they make connections."""
    tables = tomllib.loads(text)
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    secrets = {"request_tracker": "TOKEN", "redmine": "API_KEY"}
    environment = {
        f"BRIDGE__CONNECTIONS__{name.upper()}__{secrets[table['type']]}": "1-2-abc"
        for name, table in tables.get("connections", {}).items()
        if table["type"] in secrets
    }
    bridge = build(load_settings(tmp_path, environment))

    assert set(bridge.connections) == set(tables["connections"])


CHAPTER = re.compile(r"^### (?P<type>\w+)\n(?P<text>.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
FIRST_CELL = re.compile(r"^\| (.*?) \|", re.MULTILINE)


def _first_cells(text: str) -> set[str]:
    return {code for cell in FIRST_CELL.findall(text) for code in CODE.findall(cell)}


@pytest.mark.parametrize("found", list(CHAPTER.finditer(_read("docs/connectors.md"))), ids=lambda found: found["type"])
def test_a_connector_s_options_are_all_told(found: re.Match[str]) -> None:
    own = _option_names(registry.load(found["type"])) - set(HttpOptions.model_fields)

    assert _first_cells(found["text"]) == own


def test_every_connector_and_every_shared_key_is_told() -> None:
    told = _first_cells(_read("docs/connectors.md"))

    assert set(registry.TYPES) | set(ConnectionSettings.model_fields) | set(HttpOptions.model_fields) <= told


def _record() -> dict[str, Any]:
    account = AccountValue("account:1", "A", "s", "arr", True, Rates(1.0, 0.1, 1.0, 1.0), None)
    return Explanation(
        cluster_id=1, score=0.0, currency="EUR", as_of=NOON, config_version=1, data_snapshot="", support_cost=None,
        growth=None, uncertainty=Uncertainty(1.0, (0.0, 0.0), 0.0, 1.0, 0.0), tickets=1, badges=[],
        contributions=[Contribution(account, 1.0, 0.1, "1", 0.01, 0.01, 0.0)], delta_vs_previous=None,
        last_signal=None, inputs={},
    ).to_dict()  # fmt: skip


def test_formats_name_every_column_and_key() -> None:
    told = set(CODE.findall(_read("docs/formats.md")))
    record = _record()
    keys = {*record, *record["contributions"][0], *record["by_segment"][0]}

    assert {*KNOWN, *account_rows.COLUMNS, *supplier_rows.COLUMNS, *keys} <= told


def test_words_name_every_state_and_operating_every_outbox_state() -> None:
    words, operating = _read("docs/words.md"), set(CODE.findall(_read("docs/operating.md")))

    assert [state for state in RemedyState if not re.search(rf"^\| {state} \|", words, re.MULTILINE)] == []
    assert {state.value for state in OutboxState} <= operating


def test_plan_fields_in_the_words_exist() -> None:
    cells = _read("docs/words.md").partition("## States of a plan")[2]
    told = {code.partition("=")[0] for code in CODE.findall(cells) if re.fullmatch(r"[a-z_.]+(=\w+)?", code)}

    assert told <= set(FIELDS)
