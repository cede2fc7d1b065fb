"""Reads the hand-written wordings under ``texts/``. The one rule: wording lives there, never in code.

A file has ``key: value`` lines, then entries ``== language: subject // other subject``, each followed by its
body, then ``+ language: sentence`` for details that may be added to any body of the same language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

LANGUAGES = ("en", "de", "fr", "es")


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a customer puts a matter. ``bare`` texts are sent as they are, without greeting."""

    language: str
    subjects: tuple[str, ...]
    body: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A true issue: wordings, number of tickets (``loud`` of them from one account), who has it and when."""

    key: str
    title: str
    size: int
    loud: int
    area: str
    when: str
    priorities: tuple[str, ...]
    who: Mapping[str, int]
    ways: tuple[Way, ...]
    details: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Needs:
    """Different needs of one kind, each a clause that fits into every frame at ``[need]``."""

    kind: str
    frames: tuple[str, ...]
    clauses: tuple[str, ...]


def families() -> tuple[Family, ...]:
    return tuple(_family(_stem(path), path.read_text("utf-8")) for path in _folder("issues"))


def singles() -> tuple[Way, ...]:
    found: list[Way] = []
    for path in _folder("singles"):
        head, ways, _ = _entries(path.read_text("utf-8"))
        found += [Way(w.language, w.subjects, w.body, bare=head.get("bare") == "yes") for w in ways]
    return tuple(found)


def needs() -> tuple[Needs, ...]:
    return tuple(_needs(_stem(path), path.read_text("utf-8")) for path in _folder("needs"))


@cache
def phrases(language: str) -> Mapping[str, tuple[str, ...]]:
    """Section -> its lines, for greetings and everything else that is not about the matter itself."""
    return sections(files(__package__).joinpath("texts", "phrases", f"{language}.txt").read_text("utf-8"))


def sections(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("# "):
            found[line[2:]] = current = []
        elif line:
            current.append(line)
    return {name: tuple(lines) for name, lines in found.items()}


def _folder(name: str) -> list[Traversable]:
    return sorted(files(__package__).joinpath("texts", name).iterdir(), key=lambda path: path.name)


def _stem(path: Traversable) -> str:
    return path.name.removesuffix(".txt")


def _family(key: str, text: str) -> Family:
    head, ways, details = _entries(text)
    who = (pair.split("=") for pair in head["who"].split())
    return Family(
        key=key,
        title=head["title"],
        size=int(head["size"]),
        loud=int(head.get("loud", "0")),
        area=head["area"],
        when=head["when"],
        priorities=tuple(head["priority"].split()),
        who={segment: int(weight) for segment, weight in who},
        ways=tuple(ways),
        details=details,
    )


def _needs(kind: str, text: str) -> Needs:
    lines = text.splitlines()
    return Needs(
        kind=kind,
        frames=tuple(line[2:] for line in lines if line.startswith("~ ")),
        clauses=tuple(line[2:] for line in lines if line.startswith("- ")),
    )


def _entries(text: str) -> tuple[dict[str, str], list[Way], dict[str, tuple[str, ...]]]:
    head: dict[str, str] = {}
    details: dict[str, tuple[str, ...]] = {}
    raw: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("== "):
            raw.append((line[3:], []))
        elif line.startswith("+ "):
            language, _, sentence = line[2:].partition(": ")
            details[language] = (*details.get(language, ()), sentence)
        elif raw:
            raw[-1][1].append(line)
        elif line:
            name, _, value = line.partition(": ")
            head[name] = value
    return head, [_way(title, body) for title, body in raw], details


def _way(title: str, body: list[str]) -> Way:
    language, _, subjects = title.partition(": ")
    return Way(language, tuple(subjects.split(" // ")), "\n".join(body).strip())
