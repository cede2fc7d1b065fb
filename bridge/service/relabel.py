"""New names for issues whose name came from a ticket that is erased. Rule: a name that does not come from it stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from bridge.analysis.drafting import issue_title, quoted
from bridge.analysis.labelling import Labeller
from bridge.store.clusters import Cluster
from bridge.store.erasing import Words, background, clusters_of, remaining, titles

NAMELESS = "Issue without text"
_READ, _BACKGROUND = 200, 2_000
_SHORTEST = 8
"""A title shorter than this says nothing that could be anybody's, and would be found everywhere."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """``title``, ``phrases`` as they will be; None where they stay."""

    cluster_id: int
    old_title: str
    title: str | None
    phrases: tuple[str, ...] | None


@dataclass(slots=True)
class Plan:
    """``touched``: every issue that tells of the tickets; ``renamed``: those whose words change."""

    touched: list[int] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)


def plan(session: Session, words: Sequence[Words]) -> Plan:
    ids = [item.id for item in words]
    texts = [_plain(item.text) for item in words]
    members = clusters_of(session, ids)
    named = {id_ for id_, title in titles(session) if _is_from(title, texts)}
    made = Plan(sorted(members | named))
    labellers: list[Labeller] = []
    for cluster_id in made.touched:
        cluster = session.get_one(Cluster, cluster_id)
        stay = remaining(session, cluster_id, set(ids), _READ)
        if change := _change(session, cluster, texts, stay, labellers, ids):
            made.renamed.append(change)
    return made


def _change(
    session: Session,
    cluster: Cluster,
    texts: Sequence[str],
    stay: list[tuple[str, str]],
    labellers: list[Labeller],
    ids: Sequence[int],
) -> Renamed | None:
    others = [_plain(f"{subject}\n{text}") for subject, text in stay]
    phrases = [p for p in cluster.phrases if _told(p, texts) and not _told(p, others)]
    title = (_is_from(cluster.title, texts) and not _is_from(cluster.title, others)) or any(
        _plain(p) in _plain(cluster.title) for p in phrases
    )
    title = title or (not stay and cluster.title_by == "model" and cluster.title != NAMELESS and bool(texts))
    if not title and not phrases:
        return None
    if not stay:
        return Renamed(cluster.id or 0, cluster.title, NAMELESS if title else None, ())
    if not labellers:
        labellers.append(Labeller(background(session, set(ids), _BACKGROUND)))
    label = labellers[0].label([subject for subject, _ in stay], [text for _, text in stay])
    return Renamed(cluster.id or 0, cluster.title, label.title if title else None, label.phrases)


def apply(session: Session, changes: Sequence[Renamed]) -> None:
    for change in changes:
        cluster = session.get_one(Cluster, change.cluster_id)
        if change.title is not None:
            cluster.title, cluster.title_by = change.title, "model"
        if change.phrases is not None:
            cluster.phrases = list(change.phrases)
        session.add(cluster)


def menders(changes: Sequence[Renamed], touched: Sequence[int], words: Sequence[Words]) -> Mapping[int, Mend]:
    """Cluster -> what its drafts say instead. Lines that name an erased ticket go."""
    by_cluster = {change.cluster_id: change for change in changes}
    lines = tuple(f"* {quoted(item.source_id)}" for item in words)
    return {id_: _mender(by_cluster.get(id_), lines) for id_ in touched}


Mend = Callable[[str | None], str | None]
_WORDS = "* Customers' words: "


def _mender(change: Renamed | None, gone: tuple[str, ...]) -> Mend:
    def mend(text: str | None) -> str | None:
        if text is None:
            return None
        kept = []
        for line in text.split("\n"):
            if any(line == start or line.startswith(f"{start} ") for start in gone):
                continue
            if change is not None and change.phrases is not None and line.startswith(_WORDS):
                if change.phrases:
                    kept.append(_WORDS + "; ".join(map(quoted, change.phrases)))
                continue
            kept.append(_retitled(line, change))
        return "\n".join(kept)

    return mend


def _retitled(line: str, change: Renamed | None) -> str:
    if change is None or change.title is None:
        return line
    for old, new in ((change.old_title, change.title), (issue_title(change.old_title), issue_title(change.title))):
        line = line.replace(old, new)
    return line


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _told(phrase: str, texts: Sequence[str]) -> bool:
    """A phrase is a word or two neighbours; stop words between them were left out when it was made."""
    parts = _plain(phrase).split()
    return any(all(part in text for part in parts) for text in texts)


def _is_from(title: str, texts: Sequence[str]) -> bool:
    core = _plain(title.rstrip("…"))
    return len(core) >= _SHORTEST and any(core in text for text in texts)
