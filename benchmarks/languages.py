"""Grouping across languages: python -m benchmarks.languages [--cache DIR] [--seed N] [--other MODULE:CLASS]

(a) xsid_multiling, one set of labels in 17 languages and dialects; (b) English sets with texts_translated.csv among them:
twelve issues of banking77 in the words of five languages, written for this purpose. Each is grouped as if no language
were known, and with the languages told as the intake tells them: by the words, where a text is long enough. ``--other``:
a multilingual model instead, any class whose ``encode`` takes texts and gives rows. Prints Markdown.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.cases import clean, tail
from benchmarks.streams import SETS
from benchmarks.streams.sets import data_folder
from benchmarks.vectors import Cache, default_cache
from bridge.analysis.assigning import Params
from bridge.analysis.clustering import group
from bridge.analysis.embedding import Vectors
from bridge.analysis.evaluation import Quality, evaluate
from bridge.analysis.language import language_of
from bridge.analysis.smoothing import Frame, make_frame

TRANSLATED = Path(__file__).with_name("texts_translated.csv")
SIX = ("en", "de", "nl", "it", "da", "id")
SMALL, SAMPLE, FEW = 1000, 4000, 12
MAIN = "en"
Embed = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    label: str
    language: str


@dataclass(frozen=True, slots=True)
class Mixed:
    name: str
    texts: Sequence[Text]


@dataclass(frozen=True, slots=True)
class Row:
    """``others``: (ARI, B-cubed precision, recall), the mean over languages other than English of each one's tickets
    alone; ``wrong``, ``right``: pairs of a cluster; ``same``: share of the wrong ones that are of one language;
    ``across``: right pairs of two languages; ``english``: ARI of the English tickets alone, NaN without any.
    """

    quality: Quality
    wrong: int
    same: float
    right: int
    across: int
    others: tuple[float, float, float]
    english: float


def xsid() -> list[Text]:
    with gzip.open(data_folder() / "xsid_multiling.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return [Text(row["text"], row["label"], row["lang"]) for row in csv.DictReader(stream)]


def translated() -> list[Text]:
    with TRANSLATED.open(encoding="utf-8", newline="") as stream:
        return [Text(row["text"], f"banking77/{row['label']}", row["language"]) for row in csv.DictReader(stream)]


def cases(seed: int) -> Iterator[Mixed]:
    rng = np.random.default_rng(seed)
    every, more = xsid(), translated()
    yield Mixed("xsid, 17 languages, 4,000", [every[row] for row in rng.permutation(len(every))[:SAMPLE]])
    yield Mixed("xsid, 6 languages, 4,800", _mixed([text for text in every if text.language in SIX], rng))
    few = [text for code in sorted({text.language for text in more}) for text in _some(more, code, rng)]
    for name in SETS:
        for word, case in (
            (f"{SMALL:,}", clean(name, SMALL, seed)),
            (f"{SAMPLE:,}", clean(name, SAMPLE, seed)),
            ("long tail, 30 %", tail(name, SAMPLE, 0.3, seed)),
        ):
            english = [Text(text, label, MAIN) for text, label in zip(case.texts, case.labels, strict=True)]
            yield Mixed(f"{name}, {word}, and 5 x 72", _mixed([*english, *more], rng))
            if len(english) == SMALL:
                yield Mixed(f"{name}, {word}, and 5 x {FEW}", _mixed([*english, *few], rng))


def _some(texts: Sequence[Text], language: str, rng: np.random.Generator) -> list[Text]:
    those = [text for text in texts if text.language == language]
    return [those[row] for row in rng.permutation(len(those))[:FEW]]


def _mixed(texts: Sequence[Text], rng: np.random.Generator) -> list[Text]:
    return [texts[row] for row in rng.permutation(len(texts))]


def measured(texts: Sequence[Text], vectors: Vectors, frame: Frame) -> Row:
    tickets = range(len(texts))
    plan = group(tickets, vectors, {}, consolidating=True, frame=frame)
    found = [plan.assign[ticket].cluster for ticket in tickets]
    labels, spoken = [text.label for text in texts], [text.language for text in texts]
    together, right = _pairs(found), _pairs(list(zip(found, labels, strict=True)))
    in_one = _pairs(list(zip(found, spoken, strict=True)))
    right_in_one = _pairs(list(zip(found, spoken, labels, strict=True)))
    wrong = together - right
    by_language = {code: _of(code, spoken, labels, found) for code in sorted(set(spoken))}
    others = [quality for code, quality in by_language.items() if code != MAIN]
    return Row(
        evaluate(labels, found),
        wrong,
        (in_one - right_in_one) / wrong if wrong else 0.0,
        right,
        right - right_in_one,
        (
            float(np.mean([quality.ari for quality in others])),
            float(np.mean([quality.b3_precision for quality in others])),
            float(np.mean([quality.b3_recall for quality in others])),
        ),
        by_language[MAIN].ari if MAIN in by_language else float("nan"),
    )


def _of(code: str, spoken: Sequence[str], labels: Sequence[str], found: Sequence[int]) -> Quality:
    rows = [row for row, language in enumerate(spoken) if language == code]
    return evaluate([labels[row] for row in rows], [found[row] for row in rows])


def _pairs(keys: Sequence[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(keys).values())


def _print(name: str, way: str, row: Row) -> None:
    ari, precision, recall = row.others
    print(
        f"| {name} | {way} | {row.quality.ari:.3f} | {row.quality.b3_precision:.3f} | {row.wrong:,} | {row.same:.2f} "
        f"| {row.right:,} | {row.across:,} | {ari:.3f} | {precision:.2f} | {recall:.2f} | {row.english:.3f} |",
        flush=True,
    )


def _meeting(embed: Embed) -> str:
    """Whether the nearest text of another language tells of the same issue, and the nearest of the same language."""
    texts = translated()
    vectors = _unit(embed([text.text for text in texts]))
    labels, spoken = (np.array([getattr(text, name) for text in texts]) for name in ("label", "language"))
    alike = vectors @ vectors.T
    same = spoken[:, None] == spoken[None, :]
    shares = []
    for hidden in (same, ~same | np.eye(len(texts), dtype=bool)):
        nearest = np.where(hidden, -2, alike).argmax(axis=1)
        shares.append(float((labels[nearest] == labels).mean()))
    return f"nearest text of another language tells of the same issue: {shares[0]:.2f}; of the same language {shares[1]:.2f}"


def _cost(texts: Sequence[Text], vectors: Vectors, codes: Sequence[str | None]) -> str:
    params = Params()
    plain, told = (make_frame(range(len(texts)), vectors, params.smoothing, given) for given in ((), codes))
    each = 1e6 / len(texts)
    words = _cpu(lambda: [language_of(text.text, None) for text in texts]) * each
    anew, views = [], []
    for given, frame in (((), plain), (codes, told)):
        anew.append(_cpu(partial(make_frame, range(len(texts)), vectors, params.smoothing, given)) * each)
        views.append(_cpu(partial(frame.view, vectors)) * each)
    return (
        f"ms of CPU for 1,000 tickets: telling languages by words {words:.1f}; a frame {anew[0]:.1f} without, "
        f"{anew[1]:.1f} with languages; a view {views[0]:.1f} without, {views[1]:.1f} with"
    )


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _other(name: str) -> Embed:
    module, _, kind = name.partition(":")
    model = getattr(importlib.import_module(module), kind)()

    def embed(texts: Sequence[str]) -> Vectors:
        chunks = [np.asarray(model.encode(list(texts[i : i + 64])), np.float32) for i in range(0, len(texts), 64)]
        return np.concatenate(chunks)

    return embed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=default_cache())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--other", metavar="MODULE:CLASS")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    chosen = parser.parse_args()
    embed = _other(chosen.other) if chosen.other else Cache(chosen.cache).get
    print(_meeting(embed))
    print(
        "\n| texts | languages | ARI | B3 prec. | wrong pairs | of one language | right pairs | across languages ",
        end="",
    )
    print("| others: ARI | prec. | rec. | English: ARI |\n|---|---|" + "---|" * 10)
    params, costs = Params(), list[str]()
    for case in cases(chosen.seed):
        if chosen.only not in case.name:
            continue
        texts = case.texts
        vectors = _unit(embed([text.text for text in texts]))
        codes = [language_of(text.text, None) for text in texts]
        for way, given in (("not told", ()), ("told", codes)):
            frame = make_frame(range(len(texts)), vectors, params.smoothing, given)
            _print(
                case.name, way if way == "not told" else f"{len(frame.centre.corners)}", measured(texts, vectors, frame)
            )
        if case.name == f"banking77, {SAMPLE:,}, and 5 x 72":
            costs.append(_cost(texts, vectors, codes))
    print("\n" + "\n".join(costs))


if __name__ == "__main__":
    main()
