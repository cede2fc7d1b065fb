"""The one baseline that needs no extra, and what is said where an extra is missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bridge.analysis.evaluation import evaluate
from bridge.evaluating.labelled import NotMeasurable
from bridge.evaluating.peers import run_peer

TOPICS = ("printer jams paper tray", "invoice shows wrong vat", "cannot sign in password")
TEXTS = [
    f"{TOPICS[i % 3]} {word}"
    for i, word in enumerate(["again", "today", "still", "since", "always", "here", "now", "also", "why"] * 4)
]
TRUTH = [i % 3 for i in range(len(TEXTS))]


def test_tfidf_runs_both_ways_and_noise_becomes_singles() -> None:
    defaults, better = run_peer("tfidf", TEXTS, np.eye(len(TEXTS), dtype=np.float32))

    assert (defaults.setting, better.setting) == ("defaults", "better")
    assert evaluate(TRUTH, better.labels).b3_precision == 1.0
    assert min(*defaults.labels, *better.labels) >= 0
    assert better.cpu_seconds > 0


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evoc", None)

    with pytest.raises(NotMeasurable, match=r"evoc needs evoc: pip install 'issue-bridge\[bench\]'"):
        run_peer("evoc", TEXTS, np.eye(len(TEXTS), dtype=np.float32))


def test_what_a_library_cannot_group_is_said() -> None:
    with pytest.raises(NotMeasurable, match=r"tfidf cannot group these texts \(.*\): take more of them"):
        run_peer("tfidf", ["the", "and"], np.eye(2, dtype=np.float32))
