"""What is learned from the whole collection about reading one ticket: what to cut and which slips to set right.

Rule: a text depends on its ticket and on the lesson alone, whether the pull reads it or it is read again.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from bridge.analysis import boilerplate, spelling
from bridge.analysis.boilerplate import Boilerplate
from bridge.analysis.embedding import bundled_model_path
from bridge.analysis.spelling import Spelling
from bridge.analysis.text import embed_text

_MAGIC = b"IBL1"
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Lesson:
    """``spelling``: words that several writers use often, in the language of the bundled model's vocabulary."""

    boilerplate: Boilerplate = boilerplate.NOTHING
    spelling: Spelling = spelling.NOTHING

    @property
    def version(self) -> str:
        """Equal exactly when every text is read alike."""
        words = self.spelling.to_json()
        return hashlib.sha256(f"{self.boilerplate.version}\n{words}".encode()).hexdigest()[:16]

    def text(self, subject: str, messages: Sequence[str], writer: str | None, key: bytes) -> str:
        """The text that is embedded, of what the customer wrote, redacted, in its order. ``key`` as in ``learn``."""

        def read(story: str) -> str:
            return spelling.repair(boilerplate.strip(story, writer, self.boilerplate, key), self.spelling)

        return embed_text(subject, messages, read)

    def to_bytes(self) -> bytes:
        cut = self.boilerplate.to_bytes()
        return _MAGIC + _LENGTH.pack(len(cut)) + cut + zlib.compress(self.spelling.to_json().encode())


NOTHING = Lesson()


def learn(texts: Sequence[tuple[str | None, str]], key: bytes = b"", before: Lesson = NOTHING) -> Lesson:
    """From (who wrote it, the whole story) of every ticket. Equal texts in any order give an equal lesson."""
    return Lesson(boilerplate.learn(texts, key, before.boilerplate), spelling.learn(texts, _english()))


def read_lesson(blob: bytes | None) -> Lesson:
    """What ``to_bytes`` gave; nothing where nothing was, or another release wrote it: it is learned anew soon."""
    start = len(_MAGIC) + _LENGTH.size
    if not blob or not blob.startswith(_MAGIC) or len(blob) < start:
        return NOTHING
    end = start + _LENGTH.unpack_from(blob, len(_MAGIC))[0]
    try:
        words = zlib.decompress(blob[end:]).decode()
        return Lesson(Boilerplate.from_bytes(blob[start:end]), Spelling.from_json(words, _english()))
    except (ValueError, zlib.error):
        return NOTHING


@cache
def _english() -> frozenset[str]:
    return spelling.vocabulary(bundled_model_path())
