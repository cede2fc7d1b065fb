"""Names that people would give to an issue: a title in a customer's own words, and key phrases.

Rule: deterministic and offline; a title is a line that some customer wrote, only cleaned and shortened. Terms are
weighted by c-TF-IDF (Grootendorst 2022, arXiv:2203.05794), counting tickets instead of occurrences: a ticket that says
a word forty times is one ticket. Which lines can be titles is told by titles.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

from bridge.analysis.stopwords import STOP_WORDS
from bridge.analysis.titles import (
    FOREIGN,
    READ,
    TITLE_LENGTH,
    WORD,
    Theme,
    cleaned,
    is_hollow,
    language_of_words,
    lines,
    score,
)

PHRASES = 5
NO_TITLE = "Ticket without words"

_REMEMBERED = 20_000
"""Texts whose words are kept from counting until their clusters are named."""
_READERS = 80
"""Members whose lines are tried, the most central ones."""
_CENTRAL = 6
"""How much a ticket in the middle of its cluster counts against one at the rim."""
_LONG = 4
_SAME_STEM = 0.6
"""Words that begin alike for so much of the longer one are one word in two forms."""
_PAIR = 1.25
"""A pair of words says more than one word, by so much."""
_SEEN_TWICE = 4
"""From so many members on, a phrase is something that two of them say."""


@dataclass(frozen=True, slots=True)
class Label:
    """``score``: how well the title says what the ``members`` share; comparable within one ``Labeller`` and cluster."""

    title: str
    phrases: tuple[str, ...]
    score: float = 0.0
    members: int = 1


class Labeller:
    """Names clusters against the background of all tickets, whose words are counted once."""

    def __init__(self, texts: Iterable[str]) -> None:
        """``texts``: one of each ticket there is, with its subject where that is not part of the text anyway."""
        self._terms = lru_cache(maxsize=_REMEMBERED)(terms_of)
        self._frequency: Counter[str] = Counter()
        self._tickets = 0
        for text in texts:
            self._frequency.update(self._terms(text[:READ]).keys())
            self._tickets += 1

    def label(self, subjects: Sequence[str], texts: Sequence[str], centrality: Sequence[float] | None = None) -> Label:
        """Name the cluster of these tickets; the title has at most 80 characters and is never empty.

        centrality: one number a ticket, the larger the nearer to the middle of the cluster (mean cosine to the rest).
        """
        said = [self._said(subject, text) for subject, text in zip(subjects, texts, strict=True)]
        theme = self._theme(said, texts)
        phrases = _best_phrases(theme, said)
        best, best_score, hollow = "", 0.0, ""
        for position in self._readers(said, theme, subjects, texts, centrality):
            central = 1.0 if centrality is None else max(0.1, 1 + centrality[position]) ** _CENTRAL
            if theme.language and language_of_words(texts[position], 2) not in (None, theme.language):
                central *= FOREIGN
            for line, counts in lines(subjects[position], texts[position]):
                worth = central * counts * score(line, theme)
                if worth > best_score or (worth == best_score > 0 and line < best):
                    best, best_score = line, worth
                elif not worth and WORD.search(line) and (len(line), line) > (len(hollow), hollow):
                    hollow = line
        title = best or ", ".join(phrases[:3]) or hollow
        return Label(_finish(title) or NO_TITLE, phrases, score(cleaned(best), theme) if best else 0.0, len(said))

    def rate(self, title: str, subjects: Sequence[str], texts: Sequence[str]) -> float:
        """The score that a title has among these tickets, as in ``Label.score``."""
        said = [self._said(subject, text) for subject, text in zip(subjects, texts, strict=True)]
        return score(cleaned(title.rstrip("…")), self._theme(said, texts)) if said else 0.0

    def _said(self, subject: str, text: str) -> Mapping[str, str]:
        return {**self._terms(text[:READ]), **self._terms(subject[:READ])} if subject else self._terms(text[:READ])

    def _theme(self, said: Sequence[Mapping[str, str]], texts: Sequence[str]) -> Theme:
        counts: Counter[str] = Counter()
        for terms in said:
            counts.update(terms.keys())
        weights = {term: count / len(said) * self._rarity(term, count) for term, count in counts.items()}
        shares = {term: count / len(said) for term, count in counts.items()}
        spoken = Counter(language_of_words(text, 2) for text in texts)
        language = max(sorted(name for name in spoken if name), key=spoken.__getitem__, default=None)
        return Theme(weights, shares, self._terms, language, len(said))

    def _rarity(self, term: str, at_least: int) -> float:
        return log(1 + self._tickets / max(self._frequency[term], at_least))

    @staticmethod
    def _readers(
        said: Sequence[Mapping[str, str]],
        theme: Theme,
        subjects: Sequence[str],
        texts: Sequence[str],
        centrality: Sequence[float] | None,
    ) -> Sequence[int]:
        """Members in the middle: by centrality, without it by the weight of what they say for its length."""
        if len(said) <= _READERS:
            return range(len(said))
        near = centrality or [sum(map(theme.weights.__getitem__, t)) / (5 + len(t)) for t in said]
        order = sorted(range(len(said)), key=lambda row: (-near[row], texts[row], subjects[row]))
        return order[:_READERS]


def _best_phrases(theme: Theme, said: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Words and pairs of words, best first, in the form in which most write them; none shares a word with a better one
    or has one in another form.
    """
    least = 2 / len(said) if len(said) >= _SEEN_TWICE else 0.0
    enough = [term for term in theme.weights if theme.shares[term] >= least and not is_hollow(term)]

    def rank(term: str) -> tuple[float, int, str]:
        return -theme.weights[term] * (_PAIR if " " in term else 1), -len(term), term

    chosen: list[str] = []
    taken: list[str] = []
    for term in sorted(enough, key=rank):
        words = term.split()
        if any(_same(word, other) for word in words for other in taken):
            continue
        chosen.append(term)
        taken += words
        if len(chosen) == PHRASES:
            break
    return tuple(_as_written(term, said) for term in chosen)


def _as_written(term: str, said: Sequence[Mapping[str, str]]) -> str:
    forms = Counter(terms[term] for terms in said if term in terms)
    return min(forms, key=lambda form: (-forms[form], form))


def _same(word: str, other: str) -> bool:
    longer = max(len(word), len(other))
    alike = next((at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return alike == longer or (alike >= _LONG and alike >= _SAME_STEM * longer)


def _finish(line: str) -> str:
    """Sentence case, shortened at a word."""
    if line.isupper():
        line = line.lower()
    if len(line) > TITLE_LENGTH:
        head = line[: TITLE_LENGTH - 1]
        cut = head.rfind(" ")
        line = head[: cut if cut > TITLE_LENGTH // 2 else None].rstrip(" ,;:-") + "…"
    return (line[:1].upper() + line[1:])[:TITLE_LENGTH]


def terms_of(text: str) -> Mapping[str, str]:
    """Words that mean something, and pairs of neighbours that both do: folded form -> as written, in lower case."""
    if not text:
        return {}
    words = [word if word not in STOP_WORDS else "" for word in WORD.findall(text.lower().replace("’", "'"))]
    forms = [folded(word) for word in words]
    found = {
        f"{a} {b}": f"{one} {other}"
        for (a, b), (one, other) in zip(pairwise(forms), pairwise(words), strict=True)
        if a and b and a != b
    }
    found.update((form, word) for form, word in zip(forms, words, strict=True) if len(form) > 1)
    return found


def folded(word: str) -> str:
    """Lower case without a plural's s: in four of the five languages the same word."""
    word = word.casefold()
    return word[:-1] if len(word) > _LONG and word.endswith("s") and not word.endswith("ss") else word
