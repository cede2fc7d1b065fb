"""What each issue is about and who handles it: product area, type of support, suppliers, as its tickets say.

Rule: the word of most customers of the issue, or none; a word that one customer alone uses is nobody's area.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from bridge.analysis.facets import agreed
from bridge.service.cached import Cached
from bridge.store.facets import AREA, GROUP, TYPE, said, suppliers_by_group
from bridge.store.sync import data_version

FEWEST = 2
"""Customers who must say a word before it is offered: a tag may be a customer's own name."""


@dataclass(frozen=True, slots=True)
class About:
    """``groups`` of the help desk that have tickets of it."""

    area: str | None = None
    type: str | None = None
    groups: tuple[str, ...] = ()


NOTHING = About()
_HELD: Cached[Mapping[int, About]] = Cached()


def about(session: Session) -> Mapping[int, About]:
    """By cluster; read anew when tickets or memberships have changed."""
    version = tuple(data_version(session, name) for name in ("tickets", "clusters"))
    return _HELD.get(session, version, lambda: _read(session))


def suppliers_of(session: Session, on: date) -> Mapping[str, str]:
    """Group -> supplier, on a day."""
    return suppliers_by_group(session, on)


def _read(session: Session) -> Mapping[int, About]:
    words: dict[str, dict[int, list[tuple[str, int]]]] = {name: defaultdict(list) for name in (AREA, TYPE, GROUP)}
    for cluster_id, name, word, customers in said(session):
        words[name][cluster_id].append((word, customers))
    known = {name: _common(words[name].values()) for name in (AREA, TYPE)}

    def word_of(name: str, cluster_id: int) -> str | None:
        return agreed((word, n) for word, n in words[name].get(cluster_id, ()) if word in known[name])

    ids = {cluster_id for of_kind in words.values() for cluster_id in of_kind}
    return {
        id_: About(
            word_of(AREA, id_), word_of(TYPE, id_), tuple(sorted(group for group, _ in words[GROUP].get(id_, ())))
        )
        for id_ in ids
    }


def _common(lists: Iterable[Iterable[tuple[str, int]]]) -> set[str]:
    total: dict[str, int] = defaultdict(int)
    for pairs in lists:
        for word, customers in pairs:
            total[word] += customers
    return {word for word, customers in total.items() if customers >= FEWEST}
