"""Who holds a lease: this process by name, and whether the process behind a name is surely gone.

A name is "host:pid:start". A process counts as gone only where that can be known: same machine, same boot, same
space of process ids. Everywhere else it counts as alive, and its lease has to run out.
"""

from __future__ import annotations

import os
import secrets
import socket
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")


def owner_id() -> str:
    """The name of this process, the same for all its life, never that of another one."""
    return _owner_of(os.getpid())


@lru_cache(maxsize=1)
def _owner_of(pid: int) -> str:
    return f"{_host()}:{pid}:{_started(pid) or secrets.token_hex(6)}"


def is_gone(owner: str) -> bool:
    """True if the process of this name ran here and has surely ended."""
    host, _, process = owner.partition(":")
    pid, _, started = process.partition(":")
    if not (pid.isdecimal() and started and (PROC / "self").exists()) or host != _host():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str | None:
    """The start time of a process in clock ticks since boot (field 22 of proc(5) stat), None if there is none."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in ("Z", "X") else fields[18]


@lru_cache(maxsize=1)
def _host() -> str:
    """Containers may share a host name, so the boot and the space of process ids belong to it."""
    parts = [socket.gethostname().replace(":", "-")]
    try:
        parts.append((PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8])
        parts.append(str((PROC / "self/ns/pid").stat().st_ino))
    except OSError:
        pass
    return "/".join(parts)
