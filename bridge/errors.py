"""The error that people can mend: its message says what was wrong, where, and what to do. Skins show it as it is."""

from __future__ import annotations

from typing import ClassVar


class BridgeError(Exception):
    """``exit_code`` is what the command line ends with: 3 configuration, 4 a request that cannot be done."""

    exit_code: ClassVar[int] = 4
