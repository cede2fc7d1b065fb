"""The house rules that a linter does not know: sizes, what a module says of itself, and where a test may cut the power."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bridge.failpoint import NAMES

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path for package in ("bridge", "connectors") for path in (ROOT / package).rglob("*.py"))
MOST_LINES, MOST_OF_A_FUNCTION = 300, 60
HEAVY = ("sqlalchemy", "numpy", "torch", "pydantic", "requests", "sentence_transformers")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_are_modules() -> None:
    assert len(MODULES) > 100


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__main__.py"], ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree(path))


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {path: size for path, size in sizes.items() if size > MOST_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_OF_A_FUNCTION
    }

    assert long == {}


def test_every_failpoint_stands_in_exactly_one_place() -> None:
    used = Counter(
        call.args[0].value
        for path in MODULES
        for call in ast.walk(tree(path))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "failpoint"
        and isinstance(call.args[0], ast.Constant)
    )

    assert used == Counter(NAMES)


def test_help_loads_nothing_heavy() -> None:
    """Half a second is mostly the time to import: what is not imported cannot be slow on any machine."""
    program = (
        "import sys\n"
        "from bridge.cli.app import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )

    assert done.stdout.splitlines()[-1] == "LOADED []"
