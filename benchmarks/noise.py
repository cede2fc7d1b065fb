"""What noise around and in the texts costs the groups: python benchmarks/noise.py [--sets banking77,hwu64] [--n 2000]

Prints Markdown tables: ARI of noisy texts as a share of the ARI of the same texts clean. Choose on banking77 and hwu64 only.
Vectors are kept by content hash in ``--cache``, so that only new texts are embedded.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.wrapping import Sender, people, with_typos, wrap
from bridge.analysis import spelling
from bridge.analysis.boilerplate import learn, strip
from bridge.analysis.clustering import group
from bridge.analysis.embedding import SentenceTransformerEmbedder, Vectors, bundled_model_path, pack, unpack
from bridge.analysis.evaluation import evaluate
from bridge.analysis.redaction import redact
from bridge.analysis.text import clean, content_hash, embed_text, to_text

CHOOSING = ("banking77", "hwu64")
CHECKING = ("bitext27", "stackoverflow20")
NEAR = 10


@dataclass(frozen=True)
class Labelled:
    name: str
    texts: list[str]
    labels: list[str]
    senders: list[Sender]

    @property
    def domains(self) -> list[str]:
        return [sender.domain for sender in self.senders]


def sample(name: str, data: Path, n: int, seed: int) -> Labelled:
    """``n`` texts drawn without return, each with a sender: eight tickets a sender on average, 32 a company."""
    with gzip.open(data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rng = np.random.default_rng([seed, 1])
    picked = [rows[int(row)] for row in rng.permutation(len(rows))[:n]]
    crowd = people(max(4, n // 8), seed)
    senders = [crowd[int(place)] for place in rng.integers(0, len(crowd), n)]
    return Labelled(name, [row["text"] for row in picked], [row["label"] for row in picked], senders)


class Embedded:
    """Vectors by content hash, kept on disk; the model is loaded when a text is new."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.kept = sqlite3.connect(folder / "vectors.sqlite", isolation_level=None, timeout=60)
        self.kept.execute("CREATE TABLE IF NOT EXISTS vector (hash TEXT PRIMARY KEY, packed BLOB) WITHOUT ROWID")
        self.model: SentenceTransformerEmbedder | None = None

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Unit rows as float16 keeps them, shape (n, 384)."""
        keys = [content_hash(text) for text in texts]
        found = {key: self._read(key) for key in dict.fromkeys(keys)}
        new = {key: text for key, text in zip(keys, texts, strict=True) if found[key] is None}
        if new:
            self.model = self.model or SentenceTransformerEmbedder()
            print(f"embedding {len(new)} texts", file=sys.stderr, flush=True)
            for batch in self.model.encode_batches(list(new.items())):
                self.kept.execute("BEGIN")
                self.kept.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?)", [(k, pack(v)) for k, v in batch])
                self.kept.execute("COMMIT")
                found.update({key: pack(vector) for key, vector in batch})
        vectors = unpack(b"".join(found[key] or b"" for key in keys)).reshape(len(keys), -1)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def _read(self, key: str) -> bytes | None:
        row = self.kept.execute("SELECT packed FROM vector WHERE hash = ?", (key,)).fetchone()
        return bytes(row[0]) if row else None


@dataclass(frozen=True)
class Figures:
    """``near``: share of the ten nearest other texts that have the same label; it varies less than ARI."""

    ari: float
    precision: float
    near: float


def figures(vectors: Vectors, labels: Sequence[str]) -> Figures:
    plan = group(range(len(labels)), vectors, {}, consolidating=True)
    quality = evaluate(labels, [plan.assign[ticket].cluster for ticket in range(len(labels))])
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -1)
    nearest = np.argpartition(-alike, NEAR, axis=1)[:, :NEAR]
    return Figures(quality.ari, quality.b3_precision, float((codes[nearest] == codes[:, None]).mean()))


def stored(text: str) -> str:
    """As the intake keeps a message."""
    return redact(to_text(text, "text/plain")).text


AGENT = (
    "Thanks for writing. Could you tell me a bit more about it?",
    "Hello, which device and which version are you using? A screenshot would help.",
    "I am sorry to hear that. What exactly happens?",
)
HELLO = ("Hi, I have a problem.", "Hello, can somebody help me please?", "hi there", "I need help with something.")
SUBJECT = ("Question", "Help", "Support request", "Problem", "Urgent", "Hello", "")


def threads(of: Labelled, seed: int) -> list[tuple[str, list[str], str]]:
    """(subject, the customer's two messages, the agent's answer between them): the text is by equal chance the first
    message, the subject, or the second message after a first one that says nothing."""
    rng = np.random.default_rng([seed, 4])

    def one(choices: Sequence[str]) -> str:
        return choices[int(rng.integers(len(choices)))]

    found = []
    for text in of.texts:
        said = (
            (one(SUBJECT), [text, "Yes, on both. Here is what you asked for."]),
            (text, ["See the subject please."]),
            (one(SUBJECT), [one(HELLO), text]),
        )[int(rng.integers(3))]
        found.append((*said, one(AGENT)))
    return found


def told(of: Labelled, seed: int, first: int, *, agent: bool = False) -> list[str]:
    """Subject and the ``first`` messages of the customer, with the agent's answer or without it, as one text."""
    return [
        embed_text(subject, ["\n\n".join([messages[0], *([answer] if agent else []), *messages[1:first]])])
        for subject, messages, answer in threads(of, seed)
    ]


Variant = Callable[[Labelled, int], list[str]]


def wrapped(of: Labelled, seed: int, typos: float = 0.0) -> list[str]:
    rng = np.random.default_rng([seed, 2])
    mails = [wrap(with_typos(t, typos, rng) if typos else t, rng, s) for t, s in zip(of.texts, of.senders, strict=True)]
    return [stored(mail) for mail in mails]


def mistyped(of: Labelled, seed: int, rate: float) -> list[str]:
    rng = np.random.default_rng([seed, 3])
    return [with_typos(text, rate, rng) for text in of.texts]


def cleaned(texts: Sequence[str]) -> list[str]:
    return [embed_text("", [text]) for text in texts]


def learned(of: Labelled, texts: Sequence[str]) -> list[str]:
    """Without what the collection repeats around its texts, learned from these very texts."""
    known = learn(zip(of.domains, texts, strict=True))
    return [clean(strip(text, domain, known)) for text, domain in zip(texts, of.domains, strict=True)]


def repaired(of: Labelled, texts: Sequence[str]) -> list[str]:
    """With slips set right by the words of these very texts and the bundled model's vocabulary."""
    words = spelling.learn(zip(of.domains, texts, strict=True), spelling.vocabulary(bundled_model_path()))
    return [spelling.repair(text, words) for text in texts]


VARIANTS: dict[str, Variant] = {
    "clean": lambda of, _: of.texts,
    "clean, through the cleaner": lambda of, _: cleaned(of.texts),
    "wrapped": wrapped,
    "wrapped, cleaned": lambda of, seed: cleaned(wrapped(of, seed)),
    "wrapped, cleaned, learned": lambda of, seed: learned(of, cleaned(wrapped(of, seed))),
    "clean, learned": lambda of, _: learned(of, of.texts),
    "2 % typos": lambda of, seed: mistyped(of, seed, 0.02),
    "2 % typos, repaired": lambda of, seed: repaired(of, mistyped(of, seed, 0.02)),
    "5 % typos": lambda of, seed: mistyped(of, seed, 0.05),
    "5 % typos, repaired": lambda of, seed: repaired(of, mistyped(of, seed, 0.05)),
    "clean, repaired": lambda of, _: repaired(of, of.texts),
    "threads: subject, first message": lambda of, seed: told(of, seed, 1),
    "threads: subject, first two": lambda of, seed: told(of, seed, 2),
    "threads: subject, first two, agent": lambda of, seed: told(of, seed, 2, agent=True),
    "threads: subject, first two, learned": lambda of, seed: learned(of, told(of, seed, 2)),
    "wrapped, 2 % typos, cleaned": lambda of, seed: cleaned(wrapped(of, seed, 0.02)),
    "wrapped, 2 % typos, cleaned, learned, repaired": lambda of, seed: repaired(
        of, learned(of, cleaned(wrapped(of, seed, 0.02)))
    ),
}


def table(sets: Sequence[Labelled], variants: dict[str, Variant], embedded: Embedded, seed: int) -> None:
    names = " | ".join(f"{of.name}: ARI (share), B3 precision, near" for of in sets)
    print(f"| texts | {names} |\n|---|{'---|' * len(sets)}")
    first: dict[str, float] = {}
    for name, variant in variants.items():
        cells = []
        for of in sets:
            got = figures(embedded(variant(of, seed)), of.labels)
            whole = first.setdefault(of.name, got.ari)
            cells.append(f"{got.ari:.3f} ({got.ari / whole:.2f}), {got.precision:.2f}, {got.near:.3f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("BRIDGE_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the labelled CSV files")
    parser.add_argument("--cache", type=Path, default=Path(".cache/noise"), help="folder for vectors")
    parser.add_argument("--sets", default=",".join(CHOOSING), help=f"{','.join(CHECKING)} only to check")
    parser.add_argument("--only", default="", help="variants, by a part of their names, comma separated")
    parser.add_argument("--n", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sets = [sample(name, options.data, options.n, options.seed) for name in options.sets.split(",")]
    wanted = [part for part in options.only.split(",") if part]
    picked = {
        name: variant
        for name, variant in VARIANTS.items()
        if not wanted or name == "clean" or any(part in name for part in wanted)
    }
    table(sets, picked, Embedded(options.cache), options.seed)


if __name__ == "__main__":
    main()
