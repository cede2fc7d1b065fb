"""A row of a suppliers table -> a supplier, and the group that is theirs for a time.

Rule: a time runs from its first day up to, not including, its last; no day means since ever or until further notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bridge.analysis.cells import CellError, day, name, word

REQUIRED = ("supplier", "kind", "group")
COLUMNS = (*REQUIRED, "valid_from", "valid_to")


class SupplierKind(StrEnum):
    OUTSOURCED = "outsourced"
    INSOURCED = "insourced"


@dataclass(frozen=True, slots=True)
class Validity:
    """A time in days, half-open."""

    first: date | None = None
    end: date | None = None

    def meets(self, other: Validity) -> bool:
        """Whether the two have a day in common."""
        return _before(self.first, other.end) and _before(other.first, self.end)

    def __str__(self) -> str:
        return f"from {self.first or 'ever'} to {self.end or 'further notice'}"


def _before(first: date | None, end: date | None) -> bool:
    return first is None or end is None or first < end


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """``group`` None: the row tells of the supplier only."""

    supplier: str
    kind: str
    group: str | None
    validity: Validity

    @property
    def key(self) -> str:
        """Equal for all spellings of one supplier."""
        return self.supplier.casefold()


def read_supplier(cells: Mapping[str, str]) -> SupplierRow:
    """``cells`` by lower-case column. Raises CellError for the first bad cell."""
    known = {column: cells.get(column, "").strip() for column in COLUMNS}
    first, end = (day(column, known[column]) if known[column] else None for column in ("valid_from", "valid_to"))
    if not _before(first, end):
        raise CellError(f"valid_to {end} is not after valid_from {first}: it is the first day that no longer counts")
    return SupplierRow(
        supplier=name("supplier", known["supplier"]),
        kind=word("kind", known["kind"], SupplierKind),
        group=name("group", known["group"]) if known["group"] else None,
        validity=Validity(first, end),
    )
