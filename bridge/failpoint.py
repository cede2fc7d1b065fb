"""Named places where a test may end the process, as a power cut would. Costs one dictionary look-up otherwise.

``BRIDGE_FAILPOINT=deliver.after_send:kill`` kills at the first passage, ``...:kill:3`` at the third,
``...:stop`` pauses the process (SIGSTOP) until somebody continues it.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "pull.before_commit",
    "pull.after_commit",
    "embed.before_commit",
    "embed.after_commit",
    "group.before_commit",
    "group.after_commit",
    "rank.before_commit",
    "rank.after_commit",
    "publish.before_commit",
    "publish.after_commit",
    "deliver.after_claim",
    "deliver.before_send",
    "deliver.after_send",
    "deliver.after_record",
    "track.before_commit",
    "track.after_commit",
    "plan.before_commit",
    "plan.after_commit",
    "push.before_commit",
    "push.after_commit",
)

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_passed: dict[str, int] = {}


def failpoint(name: str) -> None:
    """End or pause this process here if the environment says so."""
    wanted = os.environ.get("BRIDGE_FAILPOINT")
    if not wanted or not wanted.startswith(name + ":"):
        return
    _, action, *nth = wanted.split(":")
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(nth[0] if nth else 1):
        os.kill(os.getpid(), _SIGNALS[action])
