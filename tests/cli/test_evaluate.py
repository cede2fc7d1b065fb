"""``bridge evaluate`` as a user types it: through the real steps, keys as documented, nothing of the workspace touched."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.running import inside

KEYS = [
    "n",
    "classes",
    "clusters",
    "ari",
    "ami",
    "v_measure",
    "b3_precision",
    "b3_recall",
    "b3_f1",
    "found",
    "pure_share",
    "wrong_merge_rate",
    "singleton_share",
    "embed_texts_per_second",
    "assign_per_second",
    "cluster_seconds",
    "peak_rss_mb",
]
TOPICS = {
    "printer": "The label printer {} jams and no label comes out",
    "invoice": "The VAT total on invoice {} is wrong by one cent",
    "password": "I cannot sign in, the password mail {} never arrives",
    "import": "The CSV import of product list {} hangs at forty percent",
}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("words", "topic"))
        for i in range(10):
            for topic, text in TOPICS.items():
                table.writerow((text.format("ABCDEFGHIJ"[i]), topic))
        table.writerow(("", "printer"))
    return path


def test_json_has_exactly_the_documented_keys(labelled: Path, tmp_path: Path) -> None:
    home = tmp_path / "nothing-here"
    words = ("--text-column", "words", "--label-column", "topic", "--json")

    ran = inside("--home", home, "evaluate", labelled, *words, "--batches", "3", "--baseline", "tfidf")

    assert ran.code == 0, ran.err
    found = ran.json
    assert list(found) == [*KEYS, "ari_incremental_vs_full", "moved_share", "baselines"]
    assert (found["n"], found["classes"]) == (40, 4)
    assert found["b3_precision"] == 1.0
    assert found["assign_per_second"] > 0
    assert found["cluster_seconds"] > 0
    assert len(found["moved_share"]) == 2
    assert set(found["baselines"]["tfidf"]) == {"defaults", "better", "counts"}
    assert "1 rows set aside: no text" in ran.err
    assert not home.exists()


def test_the_environment_of_a_real_workspace_is_not_touched(labelled: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.db"
    words = ("--text-column", "words", "--label-column", "topic", "--limit", "12")

    ran = inside("evaluate", labelled, *words, env={"BRIDGE__DATABASE__URL": f"sqlite:///{real}"})

    assert ran.code == 0, ran.err
    assert "a random sample of 12 of 40 rows, seed 0" in ran.err
    assert "pure_share" in ran.out
    assert not real.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--text-column", "nope"), "no column 'nope'; its columns: 'words', 'topic'"),
        (("--baseline", "tfidf,oracle"), "--baseline 'oracle': choose from bertopic, evoc, hdbscan, tfidf"),
        (("--text-column", "words", "--label-column", "topic", "--batches", "41"), "there are only 40 rows"),
    ],
)
def test_what_cannot_be_done_is_said(labelled: Path, words: tuple[str, ...], said: str) -> None:
    ran = inside("evaluate", labelled, *words)

    assert ran.code == 4
    assert said in ran.err
