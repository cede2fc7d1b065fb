"""Where config.example.toml lies: beside the packages in a checkout, inside the package when installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
NAME = "config.example.toml"


def example_config() -> str:
    """The text of the example, with every key and its default."""
    installed = _PACKAGE / NAME
    return (installed if installed.exists() else _PACKAGE.parent / NAME).read_text(encoding="utf-8")
