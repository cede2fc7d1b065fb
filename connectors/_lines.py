"""Physical lines of a file, in pieces of bounded size, and marks between them that tell a grown file from another one.

Rule: a mark knows the hash of all bytes before it, so reading goes on only where nothing before has changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 1 << 20
LONGEST_QUOTE_RUN = 64


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two lines: bytes before it, lines before it, and the hash of those bytes."""

    offset: int
    line: int
    hash: hashlib.blake2b

    @property
    def digest(self) -> str:
        return self.hash.hexdigest()


def start_mark() -> Mark:
    return Mark(0, 0, hashlib.blake2b(digest_size=16))


class Lines:
    """Physical lines, in pieces of at most PIECE bytes, and where they end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.mark = start_mark()

    def take(self) -> bytes:
        """The next line or piece of one; empty at the end. A piece does not end between two quotes."""
        piece = self._file.readline(PIECE)
        for _ in range(LONGEST_QUOTE_RUN):
            if not piece.endswith(b'"') or not (more := self._file.readline(1)):
                break
            piece += more
        digest = self.mark.hash.copy()
        digest.update(piece)
        self.mark = Mark(self.mark.offset + len(piece), self.mark.line + piece.endswith(b"\n"), digest)
        return piece

    def rewind(self, mark: Mark) -> None:
        self._file.seek(mark.offset)
        self.mark = mark

    def resume(self, offset: int, line: int, digest: str) -> bool:
        """Go to a former mark if all before it is as it was; else stay at the start and say False."""
        mark, left = start_mark(), offset
        while left and (piece := self._file.read(min(left, PIECE))):
            mark.hash.update(piece)
            left -= len(piece)
        if left or mark.digest != digest:
            self._file.seek(0)
            return False
        self.mark = Mark(offset, line, mark.hash)
        return True
