"""What a forked ``bridge`` process runs: the same command line, with its own environment and output.

Rule: imported by the process that is forked from, so nothing here may start a thread or open a connection.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from bridge.cli.app import main


def run(arguments: tuple[str, ...], env: Mapping[str, str], log: str) -> None:
    """Never returns: ends with the command's exit code."""
    os.setsid()
    os.environ.update(env)
    with open(log, "ab", buffering=0) as out:  # noqa: PTH123  its number is wanted
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    main(list(arguments))
