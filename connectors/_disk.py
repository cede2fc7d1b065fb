"""Writing files that survive a kill and two writers.

Rule: under a lock, whole or not at all, and on the disk before we say so. An OSError before the change shows is
Transient, after it InDoubt.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connectors.base import InDoubt, Transient


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` against other threads and processes; it is freed when its holder dies."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        raise Transient(f"cannot write in {path.parent}: {error.strerror}. Check the folder and its rights") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, whole or not at all."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink()
        raise Transient(f"cannot write {path}: {error.strerror}. Check the disk and its rights") from error
    sync_folder(path.parent)


def append_line(path: Path, data: bytes) -> None:
    """Append a line; a torn line that a kill left behind is ended first."""
    try:
        with path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                data = data if file.read(1) == b"\n" else b"\n" + data
    except OSError as error:
        raise Transient(f"cannot write {path}: {error.strerror}. Check the disk and its rights") from error
    try:
        with path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InDoubt(f"writing {path} broke off: {error.strerror}. Check the disk") from error
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in ``folder`` last."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InDoubt(f"{folder} may not be on the disk yet: {error.strerror}") from error
