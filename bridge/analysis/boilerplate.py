"""Lines and sentences that a collection repeats around its tickets, learned from the collection itself and cut.

Rule: what people say about their issue is kept. Said often alone, it is an issue; beside always the same words, it is
an issue; only what stands again and again beside rarer words that have nothing to do with each other is boilerplate. A
text never becomes empty, and what is kept of a collection is keyed hashes and counts, never words.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

FEWEST = 3
"""Texts in which a unit must stand: of several senders, or of the one for whom it is learned."""
_ROUNDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
"""In what share of its texts a unit must stand beside content: those that fail become content themselves, the worst
first, so that boilerplate beside an issue of many tickets is still told from the issue.
"""
VARIED = 0.25
"""Of these texts, how many different contents there must be."""
_LEEWAY = 0.1
"""So much less will do for what was boilerplate before: texts should not change to and fro."""
ALIKE = 0.05
"""How much more alike than any two texts those beside a unit may be: mean cosine of their weighted words."""
_COMPARED = 60
_UNWRAPPED = 50
_KEY_WORDS = 5
_LEAD_WORDS = 2
_FEWEST_WORDS = 3
_MAGIC = b"IBB1"
_ENTRY = struct.Struct("<QI")

_PLACEHOLDER = re.compile(r"\[\w{2,6}\]")
_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"\S+")
_DIGITS = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+(?=\S)")
_FIELD = re.compile(r"([^:,!\n]{1,40}?)(?:(?::(?=\s|$)|\s[-–](?=\s))|([,!])(?=\s))\s*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a line without one. ``breaks``: line breaks before it; ``normal``: its words as compared."""

    text: str
    breaks: int
    normal: str


@dataclass(frozen=True)
class Boilerplate:
    """What was learned. ``counts``: keyed hash of a unit, or of a sender and a unit -> texts it stood in."""

    counts: dict[int, int] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Equal exactly when every text is stripped alike; empty when nothing was learned."""
        if not self.counts:
            return ""
        return hashlib.sha256(b"".join(_ENTRY.pack(key, 0) for key in sorted(self.counts))).hexdigest()[:16]

    def to_bytes(self) -> bytes:
        return _MAGIC + b"".join(_ENTRY.pack(key, self.counts[key]) for key in sorted(self.counts))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Boilerplate:
        """The inverse of ``to_bytes``. Raises ValueError for other bytes."""
        if blob[: len(_MAGIC)] != _MAGIC or (len(blob) - len(_MAGIC)) % _ENTRY.size:
            raise ValueError(f"{len(blob)} bytes are no learned boilerplate: learn it anew")
        return cls(dict(_ENTRY.iter_unpack(blob[len(_MAGIC) :])))


NOTHING = Boilerplate()
_Who = tuple[str | None, int]


def units(text: str) -> list[Unit]:
    """A text as its sentences; a "Field: value" line gives the field and the value. Hard line wraps are undone."""
    found: list[Unit] = []
    breaks = 0
    for line in _lines(text):
        if not line:
            breaks += 1
            continue
        for number, part in enumerate(_parts(line)):
            found.append(_unit(part, 0 if number else breaks + bool(found)))
        breaks = 0
    return found


def _lines(text: str) -> Iterator[str]:
    """With hard line wraps undone: a long line that ends without a mark goes on in small letters."""
    held = ""
    for raw in text.split("\n"):
        line = raw.strip()
        goes_on = len(held) >= _UNWRAPPED and held[-1] not in ".!?:" and not line[:1].isupper()
        if line and goes_on:
            held = f"{held} {line}"
            continue
        if held:
            yield held
        if not line:
            yield ""
        held = line
    if held:
        yield held


def _parts(line: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(line):
        named = _FIELD.match(sentence)
        most = _LEAD_WORDS if named and named[2] else _KEY_WORDS
        begins = named.end() if named and len(named[1].split()) <= most else 0
        yield from filter(None, (sentence[:begins].strip(), sentence[begins:]))


def strip(text: str, sender: str | None, boilerplate: Boilerplate, key: bytes = b"") -> str:
    """``text`` without the learned units; its rarest unit where all of it was learned. ``sender`` as in ``learn``."""
    if not boilerplate.counts:
        return text
    parts = units(text)
    seen = [_learned(part, sender, boilerplate, key) for part in parts]
    if not any(part.normal and not times for part, times in zip(parts, seen, strict=True)):
        worded = [place for place, part in enumerate(parts) if part.normal]
        if not worded:
            return text
        kept = min(worded, key=lambda place: (seen[place], -len(parts[place].normal), place))
        return parts[kept].text
    return joined(
        [_trimmed(part, sender, boilerplate, key) for part, times in zip(parts, seen, strict=True) if not times]
    )


def _trimmed(part: Unit, sender: str | None, boilerplate: Boilerplate, key: bytes) -> Unit:
    """``part`` without what was learned of its end and its beginning, where nobody has set a full stop."""
    tokens = list(_TOKEN.finditer(part.text))
    words = [_normal(token[0]) for token in tokens]

    def known(piece: Sequence[str]) -> int:
        return _times(" ".join(filter(None, piece)), sender, boilerplate, key)

    end = next((n for n in range(1, len(tokens) - _FEWEST_WORDS + 1) if known(words[n:])), len(tokens))
    begin = next((n for n in range(end - 1, _FEWEST_WORDS - 1, -1) if known(words[:n])), 0)
    if begin == 0 and end == len(tokens):
        return part
    return _unit(part.text[tokens[begin].start() : tokens[end - 1].end()], part.breaks)


def _unit(text: str, breaks: int = 0) -> Unit:
    return Unit(text, breaks, _normal(text))


def _normal(text: str) -> str:
    """The words of ``text`` as they are compared. What has no space in it may be given in pieces."""
    return " ".join(_WORD.findall(_DIGITS.sub("0", _PLACEHOLDER.sub(" ", text).casefold())))


def joined(parts: Sequence[Unit]) -> str:
    pieces = [("\n" * min(part.breaks, 2) or " ") + part.text for part in parts]
    return "".join(pieces).strip()


def _learned(part: Unit, sender: str | None, boilerplate: Boilerplate, key: bytes) -> int:
    return _times(part.normal, sender, boilerplate, key)


def _times(normal: str, sender: str | None, boilerplate: Boilerplate, key: bytes) -> int:
    if not normal:
        return 0
    times = boilerplate.counts.get(_hash(normal, None, key), 0)
    return times or (boilerplate.counts.get(_hash(normal, sender, key), 0) if sender else 0)


def _hash(normal: str, sender: str | None, key: bytes) -> int:
    text = normal if sender is None else f"{sender}\n{normal}"
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8, key=key[:64]).digest(), "little"
    )


def learn(texts: Iterable[tuple[str | None, str]], key: bytes = b"", before: Boilerplate = NOTHING) -> Boilerplate:
    """What of ``texts`` is boilerplate. Each is (who wrote it, the text): a company's domain or a person's pseudonym.

    ``key`` keys the hashes. ``before`` is what was learned last: its units need a little less to stay. Equal texts
    count once. The order of the texts does not matter.
    """
    return _Collection(sorted(set(texts), key=lambda pair: (pair[0] or "", pair[1])), key, before).learned()


class _Collection:
    """The units of all texts, as numbers. A unit that repeats is suspect, all else is content; suspects are cleared."""

    def __init__(self, texts: Sequence[tuple[str | None, str]], key: bytes, before: Boilerplate) -> None:
        self.key, self.before = key, before
        self.names: list[str] = []
        number: dict[str, int] = {}
        self.rows: list[tuple[int, ...]] = []
        self.senders = [sender for sender, _ in texts]
        for _, text in texts:
            normals = dict.fromkeys(part.normal for part in units(text) if part.normal)
            for normal in normals:
                if normal not in number:
                    number[normal] = len(self.names)
                    self.names.append(normal)
            self.rows.append(tuple(number[normal] for normal in normals))
        self.words = [tuple(name.split()) for name in self.names]
        spread = Counter(word for row in self.rows for word in {w for unit in row for w in self.words[unit]})
        self.weight = {word: math.log((1 + len(self.rows)) / times) for word, times in spread.items()}

    def learned(self) -> Boilerplate:
        suspects = self._repeated()
        hashes = {who: _hash(self.names[who[1]], who[0], self.key) for who in suspects}
        for share in _ROUNDS:
            content = self._content(suspects)
            suspects = {
                who: rows
                for who, rows in suspects.items()
                if _beside_content(rows, content) >= share - (_LEEWAY if hashes[who] in self.before.counts else 0)
            }
        content = self._content(suspects)
        background = self._alike(range(len(self.rows)), content)
        return Boilerplate(
            {
                hashes[who]: len(rows)
                for who, rows in suspects.items()
                if self._alike(rows, content) <= background + ALIKE
            }
        )

    def _repeated(self) -> dict[_Who, list[int]]:
        rows_of: dict[_Who, list[int]] = defaultdict(list)
        for row, (sender, parts) in enumerate(zip(self.senders, self.rows, strict=True)):
            for unit in parts:
                rows_of[None, unit].append(row)
                if sender is not None:
                    rows_of[sender, unit].append(row)
        return {
            who: rows
            for who, rows in rows_of.items()
            if len(rows) >= FEWEST and (who[0] is not None or len({self.senders[row] or row for row in rows}) > 1)
        }

    def _content(self, suspects: Mapping[_Who, object]) -> list[frozenset[int]]:
        """What of each text nobody suspects; a single word is no content."""
        return [
            frozenset(
                unit
                for unit in parts
                if (None, unit) not in suspects and (sender, unit) not in suspects and len(self.words[unit]) > 1
            )
            for sender, parts in zip(self.senders, self.rows, strict=True)
        ]

    def _alike(self, rows: Sequence[int], content: Sequence[frozenset[int]]) -> float:
        """Mean cosine between about 60 different contents of these texts, spread evenly over them; -1: too few."""
        total: dict[str, float] = defaultdict(float)
        compared = 0
        different = list(dict.fromkeys(content[row] for row in rows))
        for parts in different[:: max(1, len(different) // _COMPARED)]:
            bag = sorted({word for unit in parts for word in self.words[unit]})
            length = math.sqrt(sum(self.weight[word] ** 2 for word in bag))
            if length:
                compared += 1
                for word in bag:
                    total[word] += self.weight[word] / length
        if compared < 2:  # noqa: PLR2004 - one text has nothing to be alike to
            return -1.0
        return (sum(value * value for value in total.values()) - compared) / (compared * (compared - 1))


def _beside_content(rows: Sequence[int], content: Sequence[frozenset[int]]) -> float:
    """In what share of the texts content stands; 0 where it is too often the same."""
    beside = [content[row] for row in rows if content[row]]
    return len(beside) / len(rows) if len(set(beside)) >= max(2, VARIED * len(beside)) else 0.0
