"""What a ticket says it is about: the product area and the type of support, from its fields, else its tags.

Rule: only what the help desk says; an issue's own are those of most of its customers, and none where few of them agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

AREA_FIELDS = ("product_area", "component", "area", "module")
TYPE_FIELDS = ("support_type", "ticket_type", "request_type", "type", "category")
"""Names of fields in the order in which they are asked, in any case and with blanks or hyphens for the underscore."""
OURS = "bridge-"
LONGEST = 60
AGREED = 0.5
"""The least part of the customers who say anything that must say the same."""
_GAPS = re.compile(r"[\s_-]+")


class Facets(NamedTuple):
    """None where the ticket says nothing."""

    area: str | None
    type: str | None


def facets(tags: Sequence[str], attributes: Mapping[str, Any]) -> Facets:
    """Of one ticket. A field that holds several values, joined by ";", counts with its first."""
    fields = {_GAPS.sub("_", name.strip().casefold()): value for name, value in attributes.items()}
    tagged = next((tag for tag in tags if not tag.startswith(OURS)), None)
    area = _first(fields, AREA_FIELDS) or _word(tagged)
    return Facets(area, _first(fields, TYPE_FIELDS))


def agreed(counts: Iterable[tuple[str, int]]) -> str | None:
    """Of (word, customers who say it) the word of most of them; of equal ones the first by name."""
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    if not ordered or ordered[0][1] < AGREED * sum(count for _, count in ordered):
        return None
    return ordered[0][0]


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((word for name in names if (word := _word(fields.get(name)))), None)


def _word(value: Any) -> str | None:
    """Lower case, single blanks; what tells apart only hyphens or case is one word. Something redacted is none."""
    text = _GAPS.sub(" ", str(value or "").partition(";")[0]).strip().casefold()
    return None if "[" in text else text[:LONGEST].strip() or None
