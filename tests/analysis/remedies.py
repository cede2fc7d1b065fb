"""Plans for the tests of remedy texts: fields of every class, with a canary in each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.analysis.remedy_fields import FIELDS, Klass
from bridge.analysis.remedy_text import Quote
from bridge.words import RemedyState

APPROVED = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
KEPT = [name for name, spec in FIELDS.items() if spec.klass is not Klass.CUSTOMER]
"""Fields that no customer may see, ``dont_say`` among them."""


def canary(name: str) -> str:
    return f"canary-{name.replace('.', '-').replace('_', '-')}"


def planted() -> dict[str, Any]:
    """A canary in every field that may not leave, as text or in a list; the ETA's own words stay valid."""
    fields: dict[str, Any] = {}
    for name in KEPT:
        if not name.startswith("eta."):
            fields[name] = [canary(name)] if FIELDS[name].kind == "list" else canary(name)
    return fields


def quote(state: RemedyState = RemedyState.PLANNED, **fields: Any) -> Quote:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return Quote(12, "Login fails", state, named, 3, "R. Diaz", APPROVED)
