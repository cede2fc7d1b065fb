"""The fields of a remedy plan (domain.md 3.2): their class, their limits, and how typed text becomes a value.

A plan's fields are one flat mapping; parts of a group are named "workaround.kind". Only customer and card fields may
ever leave the house (domain.md I4): whoever renders text asks ``may_leave`` of this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bridge.words import WorkaroundKind

Fields = Mapping[str, Any]


class Klass(StrEnum):
    """Who may see a field: customers, agents of any supplier on the card, or only our own people."""

    CUSTOMER = "customer"
    CARD = "card"
    INTERNAL = "internal"


class FieldError(ValueError):
    """A field cannot take this value; the message names the field and what it takes."""


@dataclass(frozen=True, slots=True)
class Spec:
    """``limit``: characters. ``choices``: the only values. ``kind``: text, flag, date, list or channels."""

    klass: Klass
    kind: str = "text"
    limit: int = 4000
    choices: tuple[str, ...] = ()


C, K, N = Klass.CUSTOMER, Klass.CARD, Klass.INTERNAL

FIELDS: Mapping[str, Spec] = {
    "title_customer": Spec(C, limit=80),
    "say": Spec(C, limit=600),
    "say_short": Spec(C, limit=160),
    "workaround.kind": Spec(C, choices=tuple(WorkaroundKind)),
    "workaround.steps_customer": Spec(C),
    "fix_version": Spec(C, limit=60),
    "fixed_in_channels": Spec(C, kind="channels"),
    "decline_alternative": Spec(C, limit=600),
    "eta.kind": Spec(N, choices=("none", "version", "quarter", "range", "date")),
    "eta.earliest": Spec(N, kind="date"),
    "eta.latest": Spec(N, kind="date"),
    "eta.confidence": Spec(N, choices=("low", "medium", "high")),
    "eta.shareable": Spec(N, kind="flag"),
    "dont_say": Spec(K, limit=600),
    "escalation_contact": Spec(K, limit=200),
    "symptom": Spec(N),
    "error_signatures": Spec(N, kind="list"),
    "cause_known": Spec(N, kind="flag"),
    "cause_internal": Spec(N),
    "workaround.prerequisites": Spec(N),
    "workaround.rollback": Spec(N),
    "workaround.verified_by": Spec(N, limit=80),
    "workaround.verified_at": Spec(N, kind="date"),
    "workaround.applies_to_versions": Spec(N, limit=120),
    "affected_versions": Spec(N, limit=120),
    "affected_platforms": Spec(N, kind="list"),
    "not_affected": Spec(N, kind="list"),
    "severity_override": Spec(N, choices=("S1", "S2", "S3", "S4")),
    "internal_notes": Spec(N),
    "decline_reason": Spec(
        N, choices=("by_design", "out_of_scope", "cost", "superseded", "cannot_reproduce", "third_party", "eol")
    ),
    "duplicate_of": Spec(N, limit=20),
    "audience": Spec(N, choices=("internal", "suppliers")),
    "owner": Spec(N, limit=80),
    "support_liaison": Spec(N, limit=80),
    "evidence": Spec(N),
}

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


def parse_field(name: str, text: str) -> Any:
    """The value of ``name`` that somebody typed; an empty text clears the field (None). Raises FieldError."""
    spec = FIELDS.get(name)
    if spec is None:
        raise FieldError(f"a plan has no field {name!r}; it has: state, {', '.join(FIELDS)}")
    text = text.strip()
    if not text:
        return None
    if spec.choices and text not in spec.choices:
        raise FieldError(f"{name} takes {', '.join(spec.choices)}, not {text!r}")
    if len(text) > spec.limit:
        raise FieldError(f"{name} takes {spec.limit} characters at most, got {len(text)}: shorten it")
    return _parse(spec.kind, name, text)


def _parse(kind: str, name: str, text: str) -> Any:
    if kind == "flag":
        if text.lower() not in _YES + _NO:
            raise FieldError(f"{name} takes yes or no, not {text!r}")
        return text.lower() in _YES
    if kind == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise FieldError(f"{name} takes a date like 2027-03-31, not {text!r}") from None
    if kind == "list":
        return [part.strip() for part in text.split(";") if part.strip()]
    if kind == "channels":
        return [_channel(part) for part in text.split(";") if part.strip()]
    return text


def _channel(text: str) -> dict[str, str]:
    """``stable:4.2.1`` or ``4.2.1`` -> a channel with its version."""
    channel, _, version = text.strip().rpartition(":")
    return {"channel": channel or "release", "version": version}


def for_suppliers(fields: Fields) -> bool:
    """Whether agents of suppliers may see the plan; they may unless somebody said that it is internal."""
    return fields.get("audience") != "internal"


def may_leave(name: str) -> bool:
    """Whether a field may be part of a text for customers."""
    return FIELDS[name].klass is Klass.CUSTOMER
