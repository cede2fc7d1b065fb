"""Asking for another model on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bridge.analysis.embedding import bundled_model_id, bundled_model_path
from tests.cli.conftest import Prepared
from tests.cli.running import typed


@pytest.fixture
def home(prepared: Prepared, tmp_path: Path) -> Path:
    shutil.copytree(prepared.folder / "W", tmp_path / "W")
    shutil.copytree(bundled_model_path(), tmp_path / "own")
    return tmp_path


def test_another_model_is_listed_used_and_dropped(home: Path) -> None:
    def bridge(*arguments: str) -> dict[str, object]:
        ran = typed("--home", "W", "model", *arguments, "--json", cwd=home)
        assert ran.code == 0, ran
        found: dict[str, object] = ran.json
        return found

    own = f"own@{bundled_model_id().partition('@')[2]}"
    before = bridge("list")["models"]
    assert isinstance(before, list)
    assert [(m["id"], m["in_use"], m["share"]) for m in before] == [(bundled_model_id(), True, 1.0)]

    assert bridge("use", "own")["switched"] is True
    after = bridge("list")["models"]
    assert isinstance(after, list)
    assert {m["id"]: m["in_use"] for m in after} == {own: True, bundled_model_id(): False}
    refused = typed("--home", "W", "model", "drop", own, "--yes", cwd=home)
    assert refused.code == 4
    assert "is in use or asked for" in refused.err
    dropped = typed("--home", "W", "model", "drop", bundled_model_id(), "--yes", cwd=home)
    assert dropped.code == 0
    assert f"vectors of {bundled_model_id()} are gone" in dropped.out


def test_a_model_that_is_nowhere_is_refused(home: Path) -> None:
    ran = typed("--home", "W", "model", "use", "nobody/nothing", cwd=home)

    assert ran.code == 4
    assert "nobody/nothing --download" in ran.err
