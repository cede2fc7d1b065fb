"""Names that people would give to an issue: a title in a customer's own words, and key phrases.

Rule: deterministic and offline; a title is a line that some customer wrote, only cleaned and shortened. Phrases are
weighted by c-TF-IDF (Grootendorst 2022, arXiv:2203.05794), counting tickets instead of occurrences: a ticket that says
a word forty times is one ticket.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt

from bridge.analysis.stopwords import GREETINGS, STOP_WORDS

TITLE_LENGTH = 80
PHRASES = 5
NO_TITLE = "Ticket without words"

_READ = 2000
"""Characters of a ticket that are looked at."""
_REMEMBERED = 20_000
"""Texts whose words are kept from counting until their clusters are named."""
_SENTENCES = 4
"""A first sentence is looked for among so many."""
_ENOUGH = 12
"""A line shorter than this, in characters, seldom says what is wrong."""
_SHORT_GREETING = 4
_WORD = re.compile(r"[^\W\d_](?:[\w]|['’\-.](?=\w))*")
_PREFIX = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|sv|tr|rv|antw)\s*:|\[[^\]]{0,40}\]|\(?#\d+\)?)\s*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*\n\s*")
_PLACEHOLDER = re.compile(r"[\[<{][A-Za-z_ -]+(?:[:#]?\w+)?[\]>}]|\d{5,}|https?://|\*{3,}")


@dataclass(frozen=True, slots=True)
class Label:
    title: str
    phrases: tuple[str, ...]


class Labeller:
    """Names clusters against the background of all tickets, whose words are counted once."""

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts``: one of each ticket there is, with its subject where that is not part of the text anyway."""
        self._terms = lru_cache(maxsize=_REMEMBERED)(_terms)
        self._frequency: Counter[str] = Counter()
        self._tickets = 0
        for text in texts:
            self._frequency.update(self._terms(text[:_READ]))
            self._tickets += 1

    def label(self, subjects: Sequence[str], texts: Sequence[str], centrality: Sequence[float] | None = None) -> Label:
        """Name the cluster of these tickets; the title has at most 80 characters and is never empty.

        centrality: one number a ticket, the larger the nearer to the middle of the cluster (mean cosine to the rest).
        """
        weights = self._weights(subjects, texts)
        phrases = _best_phrases(weights)
        best, best_score = "", -1.0
        for position, (subject, text) in enumerate(zip(subjects, texts, strict=True)):
            central = 1.0 if centrality is None else max(0.1, 1 + centrality[position])
            for line in _candidates(text, subject):
                score = central * _score(line, weights)
                if score > best_score or (score == best_score and line < best):
                    best, best_score = line, score
        if not _WORD.search(best):
            best = ", ".join(phrases[:3])
        return Label(_finish(best) or NO_TITLE, phrases)

    def _weights(self, subjects: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
        """c-TF-IDF of every term: share of these tickets that have it, times its rarity among all."""
        counts: Counter[str] = Counter()
        for subject, text in zip(subjects, texts, strict=True):
            counts.update(self._terms(text[:_READ]) | self._terms(subject[:_READ]))
        return {term: count / len(texts) * self._rarity(term, count) for term, count in counts.items()}

    def _rarity(self, term: str, at_least: int) -> float:
        return log(1 + self._tickets / max(self._frequency[term], at_least))


def _best_phrases(weights: Mapping[str, float]) -> tuple[str, ...]:
    """Words and pairs of words that share no word with a better one, best first."""
    chosen: list[str] = []
    taken: set[str] = set()
    for term in sorted(weights, key=lambda term: (-weights[term], -len(term), term)):
        words = set(term.split())
        if not words & taken:
            chosen.append(term)
            taken |= words
        if len(chosen) == PHRASES:
            break
    return tuple(chosen)


def _candidates(text: str, subject: str) -> Iterator[str]:
    """The subject, and the first sentence that is no greeting."""
    line = _clean(subject)
    if line:
        yield line
    for sentence in _SENTENCE_END.split(text[:_READ].strip(), maxsplit=_SENTENCES)[:_SENTENCES]:
        line = _clean(sentence)
        words = line.lower().replace(",", " ").split()
        if words and not (len(words) <= _SHORT_GREETING and words[0].strip("!.") in GREETINGS):
            yield line
            return


def _clean(line: str) -> str:
    line = " ".join(line.split())
    while (shorter := _PREFIX.sub("", line, count=1)) != line:
        line = shorter
    return line.strip(" \t-–—*>|:;,.!\"'")


def _score(line: str, weights: Mapping[str, float]) -> float:
    """Weight of what the line says, by its length; lines that are cut, too short or full of numbers count half."""
    terms = _terms(line)
    score = sum(weights.get(term, 0.0) for term in terms) / sqrt(3 + len(terms))
    if not _ENOUGH <= len(line) <= TITLE_LENGTH:
        score *= 0.5
    if _PLACEHOLDER.search(line):
        score *= 0.5
    return score


def _finish(line: str) -> str:
    """Sentence case, shortened at a word."""
    if line.isupper():
        line = line.lower()
    if len(line) > TITLE_LENGTH:
        head = line[: TITLE_LENGTH - 1]
        cut = head.rfind(" ")
        line = head[: cut if cut > TITLE_LENGTH // 2 else None].rstrip(" ,;:-") + "…"
    return (line[:1].upper() + line[1:])[:TITLE_LENGTH]


def _terms(text: str) -> set[str]:
    """Words that mean something, and pairs of neighbours that both do."""
    if not text:
        return set()
    words = [word if word not in STOP_WORDS else "" for word in _WORD.findall(text.lower().replace("’", "'"))]
    pairs = {f"{a} {b}" for a, b in pairwise(words) if a and b and a != b}
    return pairs | {word for word in words if len(word) > 1}
