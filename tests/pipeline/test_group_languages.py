"""Languages in the grouping step: from the ticket's row into the frame, kept there, and a new frame when one comes."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from sqlmodel import select

from bridge.analysis.embedding import Vectors
from bridge.pipeline.group.thinking import SPOKEN
from bridge.store.db import Database
from bridge.store.grouping import GroupingFrame, GroupingRun
from tests.pipeline.loop import Loop, WordBag, ticket

ISSUES = ("login page broken", "export csv slow", "invoice total wrong", "printer label offset", "map pins missing")
CORNER = 1.7


class Foreign(WordBag):
    """A model that knows one language: texts that begin with ``das`` lie in a corner of their own."""

    def _vector(self, text: str) -> Vectors:
        words = text.lower().split()
        foreign = "das" in words
        vector = np.zeros(self.dim, dtype=np.float32)
        for word in words:
            if word != "das":
                vector += _direction(word, self.dim)
        vector /= max(float(np.linalg.norm(vector)), 1e-9)
        if foreign:
            vector += CORNER * _direction("das", self.dim)
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _direction(word: str, dim: int) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


@pytest.fixture
def loop(db: Database) -> Loop:
    made = Loop(db)
    made.bag = Foreign()
    return made


def put(loop: Loop, count: int, language: str, begin: str = "", at: int = 0) -> None:
    """``count`` tickets, in turns of each issue, each with a word of its own."""
    rng = random.Random(at)
    for number in range(at, at + count):
        issue = ISSUES[number % len(ISSUES)]
        text = f"{begin}{issue} {rng.choice('abcdefghij')}{number}"
        loop.put(ticket(f"{language}{number}", text, body=text, language=language))


def bring(loop: Loop, *, consolidating: bool = False) -> None:
    loop.pull()
    loop.embed()
    loop.group(consolidating=consolidating)


def issues_of_largest(loop: Loop, language: str) -> int:
    """How many issues lie in the cluster with most tickets of this language."""
    clusters: dict[int, set[int]] = {}
    sizes: dict[int, int] = {}
    for source, cluster in loop.places().items():
        if source.startswith(language):
            clusters.setdefault(cluster, set()).add(int(source.removeprefix(language)) % len(ISSUES))
            sizes[cluster] = sizes.get(cluster, 0) + 1
    return len(clusters[max(sizes, key=lambda cluster: sizes[cluster])])


def triggers(loop: Loop) -> list[str]:
    with loop.db.read() as session:
        return list(session.exec(select(GroupingRun.trigger).order_by(GroupingRun.id)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("told", "languages"), [("de-AT", "de en"), ("en", None)])
def test_tickets_of_one_language_are_grouped_by_issue_once_it_is_known(
    loop: Loop, told: str, languages: str | None
) -> None:
    put(loop, 60, "en")
    for number in range(30):
        text = f"das {ISSUES[number % len(ISSUES)]} {number}"
        loop.put(ticket(f"das{number}", text, body=text, language=told))
    bring(loop)
    assert (issues_of_largest(loop, "das") == 1) is (languages is not None)
    (frame,) = loop.rows(GroupingFrame)
    assert frame.facts.get("languages") == languages


def test_a_kept_frame_places_what_comes_later_by_issue(loop: Loop) -> None:
    put(loop, 60, "en")
    put(loop, 30, "de", "das ")
    bring(loop)
    before = loop.places()
    put(loop, 5, "de", "das ", at=30)
    bring(loop)
    after = loop.places()
    assert len(loop.rows(GroupingFrame)) == 1
    assert triggers(loop) == ["first", "arrival"]
    assert {s: c for s, c in after.items() if s in before} == before
    fellows = [{s for s, c in before.items() if c == after[f"de{30 + n}"]} for n in range(5)]
    assert all(int(s[2:]) % len(ISSUES) == n for n, found in enumerate(fellows) for s in found)


def test_a_language_that_has_come_is_worth_a_new_frame_once(loop: Loop) -> None:
    put(loop, 100, "en")
    bring(loop)
    put(loop, SPOKEN - 1, "de", "das ")
    bring(loop, consolidating=True)
    assert "language" not in triggers(loop)
    put(loop, 1, "de", "das ", at=SPOKEN - 1)
    bring(loop, consolidating=True)
    assert issues_of_largest(loop, "de") == 1
    assert triggers(loop)[-1] == "language"
    bring(loop, consolidating=True)
    assert triggers(loop).count("language") == 1
