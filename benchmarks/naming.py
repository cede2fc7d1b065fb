"""How good titles are: python benchmarks/naming.py [--data DIR] [--vectors DIR] [--show N]

Each class of a labelled set is named as a whole and as four groups of eight of its texts. ``own``: the title, embedded,
lies nearest to the middle of its own class among all classes. ``common``: share of a title's words that more than a
fifth of the members use. ``useless``: titles of the list below, and titles with a name, number or placeholder that the
dressing put in. ``plain``: texts as they are, without subjects. ``mail``: dressed as mail with a subject of the list,
the text itself or none, then cleaned as the bridge does. Constants were chosen on banking77 and hwu64.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bridge.analysis.embedding import Embedder, SentenceTransformerEmbedder, Vectors, bundled_model_id, pack, unpack
from bridge.analysis.labelling import NO_TITLE, Labeller
from bridge.analysis.stopwords import STOP_WORDS
from bridge.analysis.text import embed_text

SETS = ("banking77", "hwu64", "bitext27")
GROUP, GROUPS = 8, 4
COMMON = 0.2
HOLLOW = """
urgent|help|help please|please help|problem|issue|question|a question|quick question|support request|support|request|
new ticket|ticket|hello|hi|feedback|contact form|contact form submission|message from your website|chat transcript|
conversation|missed call|voicemail|follow up|no subject|(no subject)|important|asap|need help|need assistance|
customer inquiry|inquiry|dringend|hilfe|frage|problem mit ihrem produkt|anfrage|kontaktformular|ohne betreff|
urgence|aide|question urgente|demande|demande d'aide|sans objet|bonjour|urgente|ayuda|pregunta|consulta|problema|
sin asunto|hola|vraag|hulp nodig|probleem|dringend hulp nodig|geen onderwerp|ticket without words|thanks|thank you
"""
HOLLOW_TITLES = {" ".join(title.split()) for title in HOLLOW.replace("\n", "").split("|")}
NAMES = ("Marta Lindqvist", "Tom Okafor", "Jürgen Brandt", "Aline Dubois", "Pilar Ortega", "Sanne de Wit", "Raj Mehta")
GREETINGS = ("Hello,", "Hi team,", "Dear support,", "Good morning,", "Hey there,", "")
CLOSINGS = ("Kind regards,\n{name}", "Thanks in advance\n{name}", "Best,\n{name}\nAcme GmbH", "Thank you!", "")
BEFORE = ("I hope you are well. ", "My name is {name}. ", "I am writing to you about case 4{number}. ", "", "", "")
AFTER = (
    " Please help!",
    " Thanks a lot for your help.",
    " My reference is INV-{number}.",
    " Best wishes, {name}",
    "",
    "",
)
SUBJECTS = ("Chat with {name}", "Conversation with {name}", "[EMAIL] {number}", "Call from {name}", *HOLLOW_TITLES)


@dataclass(frozen=True)
class Group:
    label: str
    rows: list[int]


def load(name: str, data: Path, vectors: Path) -> tuple[list[str], list[str], Vectors]:
    with gzip.open(data / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    file = vectors / f"{name}.f16"
    if not file.exists():
        vectors.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pack(SentenceTransformerEmbedder().encode([row["text"] for row in rows])))
    return [r["text"] for r in rows], [r["label"] for r in rows], unpack(file.read_bytes()).reshape(len(rows), -1)


def dress(text: str, chance: random.Random) -> tuple[str, str]:
    """(subject, embedded text) of a mail around the text."""

    def put(line: str) -> str:
        return line.format(name=chance.choice(NAMES), number=chance.randint(10_000, 99_999))

    subject = chance.choices((put(chance.choice(SUBJECTS)), text[:60], ""), weights=(5, 2, 3))[0]
    body = f"{put(chance.choice(BEFORE))}{text.rstrip('.')}.{put(chance.choice(AFTER))}"
    mail = f"{chance.choice(GREETINGS)}\n\n{body}\n\n{put(chance.choice(CLOSINGS))}"
    return subject, embed_text(subject, [mail])


def groups(labels: list[str]) -> list[Group]:
    chance = np.random.default_rng(3)
    found = []
    for label in sorted(set(labels)):
        rows = chance.permutation([row for row, one in enumerate(labels) if one == label]).tolist()
        found += [Group(label, rows)]
        found += [Group(label, rows[at : at + GROUP]) for at in range(0, min(len(rows), GROUP * GROUPS), GROUP)]
    return found


def words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if word not in STOP_WORDS}


def is_useless(title: str) -> bool:
    plain = title.lower().rstrip("…!?. ")
    parts = {part for name in NAMES for part in name.lower().split() if len(part) > 2}
    dressing = re.search(r"\d{5}|\[|chat with|conversation with|call from", plain)
    return plain in HOLLOW_TITLES or title == NO_TITLE or bool(dressing) or bool(parts & set(plain.split()))


def measure(name: str, kind: str, args: argparse.Namespace, embedder: Embedder) -> str:
    texts, labels, vectors = load(name, args.data, args.vectors)
    subjects = [""] * len(texts)
    if kind == "mail":
        chance = random.Random(5)
        dressed = [dress(text, chance) for text in texts]
        subjects, texts = [subject for subject, _ in dressed], [text for _, text in dressed]
    began = time.perf_counter()
    labeller = Labeller(texts)
    chosen = groups(labels)
    titles, common = [], []
    for group in chosen:
        own = vectors[group.rows]
        label = labeller.label(
            [subjects[row] for row in group.rows], [texts[row] for row in group.rows], (own @ own.mean(axis=0)).tolist()
        )
        titles.append(label.title)
        said = [words(texts[row]) for row in group.rows]
        mine = words(label.title)
        common.append(np.mean([np.mean([w in s for s in said]) > COMMON for w in mine]) if mine else 0.0)
        if len(titles) % 5 == 1 and len(titles) < args.show * 5:
            print(f"    {group.label}: {label.title} | {'; '.join(label.phrases)}")
    seconds = time.perf_counter() - began
    names = sorted(set(labels))
    middles = np.array(
        [vectors[[row for row, one in enumerate(labels) if one == label]].mean(axis=0) for label in names]
    )
    middles -= vectors.mean(axis=0)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    nearest = ((embedder.encode(titles) - vectors.mean(axis=0)) @ middles.T).argmax(axis=1)
    own = np.array([names[at] == group.label for at, group in zip(nearest, chosen, strict=True)])
    whole = np.array([len(group.rows) > GROUP for group in chosen])
    useless = np.mean([is_useless(title) for title in titles])
    return (
        f"| {name} | {kind} | {len(chosen)} | {own[whole].mean():.3f} | {own[~whole].mean():.3f} "
        f"| {np.mean(common):.3f} | {useless:.3f} | {np.mean([len(t) for t in titles]):.0f} | {seconds:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--vectors", type=Path, default=Path(".vectors") / bundled_model_id())
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--show", type=int, default=0, help="titles to print")
    args = parser.parse_args()
    embedder = SentenceTransformerEmbedder()
    print("| texts | dressed | groups | own, class | own, of eight | common words | useless | length | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in args.sets.split(","):
        for kind in ("plain", "mail"):
            print(measure(name, kind, args, embedder), flush=True)


if __name__ == "__main__":
    main()
