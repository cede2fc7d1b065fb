"""Types by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from connectors import registry
from connectors.memory import MemoryDesk


@pytest.mark.parametrize(
    ("type_name", "roles"),
    [
        ("memory", {"help_desk", "remedy_sink", "account_source"}),
        ("memory_tracker", {"tracker"}),
        ("files", {"help_desk", "remedy_sink"}),
        ("files_tracker", {"tracker"}),
        ("files_sink", {"remedy_sink"}),
    ],
)
def test_a_type_is_loaded_and_its_roles_are_known(type_name: str, roles: set[str]) -> None:
    loaded = registry.load(type_name)
    assert registry.roles_of(loaded) == roles
    assert "extra" in loaded.Options.model_config


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"'zendsk': known are .*files_tracker.*memory"):
        registry.load("zendsk")


def test_another_package_adds_a_type_but_cannot_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(*, group: str) -> EntryPoints:
        assert group == "issue_bridge.connectors"
        return EntryPoints(
            [
                EntryPoint("own", "connectors.memory:MemoryDesk", group),
                EntryPoint("files", "evil:Files", group),
                EntryPoint("broken", "no_such_module_here:X", group),
            ]
        )

    monkeypatch.setattr(registry, "entry_points", points)
    assert registry.load("own") is MemoryDesk
    assert registry.known_types()["files"] == "connectors.files:Files"
    with pytest.raises(LookupError, match=r"'broken'.*cannot be loaded"):
        registry.load("broken")
