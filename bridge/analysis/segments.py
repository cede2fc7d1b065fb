"""Parts of a long ticket that may speak of different issues: each may belong to an issue beside the main one.

Rule: a part is a piece of the text as it stands: within its bounds, in its order, overlapping no other. A short text,
or one without a seam, is one part. Deciding whether two parts differ is the grouper's work, by their vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SHORT = 120
"""Characters of a text that is not divided."""
LEAST = 60
"""Characters that a part has at least, about ten words; a shorter piece goes to its neighbour. benchmarks/README.md
says how often shorter ones were told of wrongly."""
MOST = 500
"""Characters from which a part is divided at its sentences."""

_SEAM = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:[-*•‣–]|\(?\d{1,2}[.)]|\(?[a-h]\))[ \t]+\S)")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"')\]]{0,2}\s+(?=\S)|\n")
_TURN = re.compile(
    r"(?:and |und |et |y |en )?(?:second(?:ly)?|third(?:ly)?|fourth(?:ly)?"
    r"|another (?:thing|issue|problem|question|point|topic|bug)"
    r"|(?:one|two) (?:more|other|further) (?:thing|issue|problem|question)s?"
    r"|the (?:second|third|other|next) (?:thing|issue|problem|question|point)"
    r"|also|additionally|furthermore|moreover|besides|in addition|apart from that|separately|by the way|btw"
    r"|on another note"
    r"|on a (?:different|separate) note|unrelated|next|ps|p\.s\."
    r"|zweitens|drittens|au(?:ß|ss)erdem|zusätzlich|des weiteren|desweiteren|ferner|darüber hinaus"
    r"|noch (?:etwas|eine frage|ein problem)"
    r"|ein weiteres problem|eine weitere frage|übrigens|zum anderen|nebenbei"
    r"|deuxièmement|troisièmement|de plus|en outre|par ailleurs|autre (?:chose|problème|question)|un autre problème"
    r"|d'autre part|aussi"
    r"|en segundo lugar|segundo|tercero|además|por otro lado|por otra parte|otra (?:cosa|pregunta)|otro problema"
    r"|también"
    r"|ten tweede|ten derde|daarnaast|verder|bovendien|nog (?:iets|een vraag)|een ander probleem|trouwens"
    r")\b(?! (?:time|day|week|month|year|attempt|try)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Segment:
    """``text`` is what stands from ``begins`` to ``ends`` (characters, end excluded), without blanks at its edges."""

    begins: int
    ends: int
    text: str


def segments(text: str) -> tuple[Segment, ...]:
    """The parts in their order; none of a text without anything to see. Pure and deterministic."""
    begins, ends = _bare(text, 0, len(text))
    if begins == ends:
        return ()
    if ends - begins <= SHORT:
        return (Segment(begins, ends, text[begins:ends]),)
    pieces = [piece for block in _blocks(text, begins, ends) for piece in _turns(text, *block)]
    parts = [part for piece in _long_enough(pieces) for part in _short_enough(text, *piece)]
    return tuple(Segment(a, b, text[a:b]) for a, b in parts)


def _bare(text: str, begins: int, ends: int) -> tuple[int, int]:
    inner = text[begins:ends]
    left = begins + len(inner) - len(inner.lstrip())
    return left, max(left, begins + len(inner.rstrip()))


def _blocks(text: str, begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """Paragraphs and the items of lists."""
    yield from _between(text, begins, ends, _SEAM)


def _between(text: str, begins: int, ends: int, seam: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    start = begins
    for found in seam.finditer(text, begins, ends):
        piece = _bare(text, start, found.start())
        if piece[0] < piece[1]:
            yield piece
        start = found.end()
    piece = _bare(text, start, ends)
    if piece[0] < piece[1]:
        yield piece


def _turns(text: str, begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """A paragraph, divided before each sentence that announces something else."""
    start = begins
    for sentence, _ in _between(text, begins, ends, _SENTENCE_END):
        if sentence > start and _TURN.match(text, sentence, ends):
            yield _bare(text, start, sentence)
            start = sentence
    yield _bare(text, start, ends)


def _long_enough(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces below ``LEAST`` joined to the one behind them (a heading, a lead), the last one to the one before it."""
    joined: list[tuple[int, int]] = []
    for begins, ends in pieces:
        if joined and joined[-1][1] - joined[-1][0] < LEAST:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    if len(joined) > 1 and joined[-1][1] - joined[-1][0] < LEAST:
        last = joined.pop()
        joined[-1] = (joined[-1][0], last[1])
    return joined


def _short_enough(text: str, begins: int, ends: int) -> Iterator[tuple[int, int]]:
    """Groups of whole sentences of at most ``MOST`` characters; a longer sentence stays whole."""
    if ends - begins <= MOST:
        yield begins, ends
        return
    groups: list[tuple[int, int]] = []
    for start, end in _between(text, begins, ends, _SENTENCE_END):
        if groups and end - groups[-1][0] <= MOST:
            groups[-1] = (groups[-1][0], end)
        else:
            groups.append((start, end))
    yield from _long_enough(groups)
