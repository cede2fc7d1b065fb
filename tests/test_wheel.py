"""The installed wheel is whole: migrations, example, sample; and works from any folder without the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.cli.running import write_lines

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("bridge", "connectors", "migrations", "config.example.toml", "pyproject.toml", "README.md", "LICENSE")


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BRIDGE_", "PYTHON"))}
    return subprocess.run(
        [*map(str, words)], cwd=cwd, env=own, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves nothing in the sources."""
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, sources / name)
    (sources / "README.md").touch()
    done = run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
        "--wheel-dir", out, sources, cwd=out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [found] = out.glob("issue_bridge-*.whl")
    return found


@pytest.fixture(scope="module")
def bridge(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a clean environment that holds the wheel and sees the libraries of this one."""
    folder = tmp_path_factory.mktemp("venv")
    made = run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / "bin" / "python"
    here = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    write_lines(Path(here) / "libraries.pth", sorted(libraries))
    done = run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
        "--force-reinstall", wheel, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "bridge"


def test_it_contains_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"bridge/config.example.toml", "bridge/migrations/env.py", "bridge/migrations/script.py.mako"} <= names
    for folder in ("migrations/versions", "bridge/demo/texts", "bridge/demo/data"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = str(path.relative_to(ROOT))
                assert (f"bridge/{inside}" if inside.startswith("migrations") else inside) in names
    assert not [name for name in names if name.startswith("tests/") or "__pycache__" in name]


def test_it_is_the_installed_one_that_runs(bridge: Path, tmp_path: Path) -> None:
    code = "import bridge, connectors; print(bridge.__file__); print(connectors.__file__)"
    found = run(bridge.with_name("python"), "-c", code, cwd=tmp_path).stdout.splitlines()

    assert len(found) == 2
    assert all(str(bridge.parents[1]) in place for place in found)


def test_commands_work_from_another_folder(bridge: Path, tmp_path: Path) -> None:
    write_lines(tmp_path / "A.csv", ["account,domains,arr,currency", "Copper Kettle,copperkettle.example,5000,EUR"])
    write_lines(
        tmp_path / "T.csv",
        ["id,created_at,subject,requester", "T-1,2026-05-04T08:00:00Z,No invoice,a@copperkettle.example"],
    )
    for words, said in (
        ("--version", "issue-bridge 0."),
        ("--help", "Exit codes"),
        ("init --yes", "is ready"),
        ("import accounts A.csv", "1 new"),
        ("import tickets T.csv", "1 done"),
        ("sync --step group --step rank", "rank"),
        ("clusters list --all", "rank"),
        ("check", "ok    model"),
        ("db downgrade base", "empty"),
        ("db upgrade", "revision"),
    ):
        place = () if words.startswith("--") else ("--home", "W")
        done = run(bridge, *place, *words.split(), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), f"{words}: {done}"
        assert said in done.stdout, words
