"""Slips of the finger set right with the words that a collection itself uses often: for the text that is embedded only.

Rule: a word is left alone where it may be meant: where a dictionary knows it, where it is frequent, has a digit, a
mark or a capital inside, is a name in the middle of a sentence, or where two words could have been meant. Without a
dictionary, and in a text of another language than the dictionary's, nothing is touched.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SHORTEST = 3
"""Letters of a word that is corrected; shorter ones have too many neighbours."""
FEWEST_SENDERS = 3
"""As many senders must use a word before it corrects others, each in a text."""
FACTOR = 5
"""How much more frequent it must be than the word that it corrects."""
CLEARER = 1.5
"""How much more frequent than the next word that could have been meant."""
SPOKEN = 0.6
"""Share of a text's words that must be known: in another language the dictionary protects nothing."""
_MOST = 30_000
_LONGEST = 24

_TOKEN = re.compile(r"[^\s\[\]()<>{}\"“”„,;!?]+|[\[\](){}<>\"“”„,;!?]")
_PLAIN = re.compile(r"(?:[^\W\d_]+)(?:'[a-z]{1,2})?")
_EDGES = ".:'’-*"
_ENDS = (".", "!", "?", ":", "\n")


@dataclass(frozen=True)
class Spelling:
    """``words``: frequent word -> texts it stands in. ``known``: the dictionary in lower case, never touched."""

    words: dict[str, int] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    @cached_property
    def _nearby(self) -> dict[str, list[str]]:
        """Each word under itself and under itself with any one letter left out (as SymSpell does)."""
        table: dict[str, list[str]] = defaultdict(list)
        for word in self.words:
            for form in _forms(word):
                table[form].append(word)
        return table

    def right(self, word: str) -> str:
        """The frequent word that ``word`` (lower case) is a slip of, or itself."""
        if not SHORTEST <= len(word) <= _LONGEST or word in self.known:
            return word
        own = self.words.get(word, 1)
        near = {other for form in _forms(word) for other in self._nearby.get(form, ()) if _one_slip(word, other)}
        ranked = sorted(((self.words[other], other) for other in near), reverse=True)
        if not ranked or ranked[0][0] < FACTOR * own:
            return word
        if len(ranked) > 1 and ranked[0][0] < CLEARER * ranked[1][0]:
            return word
        return ranked[0][1]

    def to_json(self) -> str:
        return json.dumps(self.words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, known: Collection[str] = ()) -> Spelling:
        return cls(dict(json.loads(text)), frozenset(known))


NOTHING = Spelling()


def learn(texts: Iterable[tuple[str | None, str]], known: Collection[str]) -> Spelling:
    """The frequent words of ``texts``, each (who wrote it, the text). Texts of nobody count as of one sender.

    ``known``: a dictionary in lower case, such as ``vocabulary`` reads. Equal texts in any order give equal spelling.
    """
    count: Counter[str] = Counter()
    by: dict[str, set[str | None]] = defaultdict(set)
    for sender, text in texts:
        for word in {text[begins:ends].lower() for begins, ends in _words(text)}:
            count[word] += 1
            if len(by[word]) < FEWEST_SENDERS:
                by[word].add(sender)
    often = [word for word in count if len(by[word]) >= FEWEST_SENDERS and len(word) <= _LONGEST]
    often.sort(key=lambda word: (-count[word], word))
    return Spelling({word: count[word] for word in often[:_MOST]}, frozenset(known))


def repair(text: str, spelling: Spelling) -> str:
    """``text`` with slips set right; every other character stays."""
    if not spelling.words or not spelling.known:
        return text
    places = list(_words(text))
    if sum(text[begins:ends].lower() in spelling.known for begins, ends in places) < SPOKEN * len(places):
        return text
    pieces: list[str] = []
    done = 0
    for begins, ends in places:
        word = text[begins:ends]
        lowered = word.lower()
        right = spelling.right(lowered)
        if right != lowered:
            pieces += (text[done:begins], right.capitalize() if word[0].isupper() else right)
            done = ends
    return "".join([*pieces, text[done:]])


def vocabulary(folder: Path) -> frozenset[str]:
    """The whole words of a WordPiece model in its folder, a dictionary of its language; empty for other models."""
    file = folder / "tokenizer.json"
    model = json.loads(file.read_text(encoding="utf-8")).get("model", {}) if file.is_file() else {}
    if model.get("type") != "WordPiece":
        return frozenset()
    return frozenset(word for word in model["vocab"] if word.isalpha())


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Where plain words stand: letters only, in lower case or with a capital at the beginning of a sentence."""
    fresh, before = True, 0
    for token in _TOKEN.finditer(text):
        fresh = fresh or "\n" in text[before : token.start()]
        before = token.end()
        bare = token.group().strip(_EDGES)
        begins = token.start() + (len(token.group()) - len(token.group().lstrip(_EDGES)))
        if bare and _PLAIN.fullmatch(bare) and (bare.islower() or (fresh and bare[1:].islower())):
            yield begins, begins + len(bare)
        if bare or token.group() in "!?":
            fresh = token.group().endswith(_ENDS)


def _forms(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter left out, added or replaced, or two neighbours swapped, lead from one to the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[0] == b[1] and a[1] == b[0] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]
