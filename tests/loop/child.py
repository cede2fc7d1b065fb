"""What a forked ``bridge`` process runs: the same command line, with its own environment and output.

Rule: imported by the process that is forked from, so nothing here may start a thread or open a connection. What every
command would do anew before its work is done once, here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from sqlalchemy.orm import configure_mappers

from bridge.analysis.language import language_of
from bridge.analysis.redaction import redact
from bridge.cli.app import main
from bridge.store import tables  # noqa: F401  all of them, for the mappers
from tests import quick

UNCLEAR = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt"
"""Settled by the language model alone, which is loaded for it."""

quick.hurry()
configure_mappers()
language_of(UNCLEAR, None)
redact("Jane Roe, +49 30 1234567, jane@example.com")


def run(arguments: tuple[str, ...], env: Mapping[str, str], log: str) -> None:
    """Never returns: ends with the command's exit code."""
    os.setsid()
    os.environ.update(env)
    with open(log, "ab", buffering=0) as out:  # noqa: PTH123  its number is wanted
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    main(list(arguments))
