"""A remedy plan with its history, for people who may read what is internal, and how it is changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from bridge.analysis.remedy_fields import FIELDS
from bridge.web.api.schemas.card import CardOut
from bridge.web.api.schemas.common import In, Out, Reason
from bridge.words import Confidence, RemedyState

Name = Annotated[str, StringConstraints(pattern="^(state|" + "|".join(map(str, FIELDS)).replace(".", "\\.") + ")$")]
Typed = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=4000)]


class _Revision(Out):
    revision: int
    state: RemedyState
    confidence: Confidence
    by: str
    at: datetime
    review_due: date | None
    reason: str | None


class RevisionHead(_Revision):
    """Without what it says."""


class RevisionWhole(_Revision):
    fields: dict[str, JsonValue]


class RemedyOut(Out):
    """``state`` is that of the approved revision, else of the newest; ``note`` is what agents get."""

    id: str
    title: str
    state: RemedyState
    conflict: str | None = None
    newest: RevisionWhole | None = None
    approved: RevisionWhole | None = None
    note: str | None = None
    history: list[RevisionHead]


class Edit(In):
    """Fields by name as a person would type them; an empty text clears a field. A new draft revision is made."""

    set: dict[Name, Typed] = Field(
        min_length=1,
        json_schema_extra={"additionalProperties": False},
        examples=[{"state": "investigating", "owner": "R. Diaz"}],
    )
    reason: Reason | None = None


class Approve(In):
    owner: Annotated[str, StringConstraints(pattern=r"^[^\x00\n\r]*$", max_length=80)] | None = None


class Revised(Out):
    """The revision that stands as the newest now."""

    cluster: str
    revision: int
    state: RemedyState
    confidence: Confidence


class WarningOut(Out):
    """Of a text that may go out and could be better."""

    field: str
    message: str


class Approved(Revised):
    warnings: list[WarningOut]


class FindingOut(Out):
    """``level``: bad stops the approval, warn is to look at, ok holds."""

    level: str
    field: str
    text: str


class Checked(Out):
    """What an approval would find and send, and the card that agents would see."""

    next_revision: int
    approved: int | None
    findings: list[FindingOut]
    needs_reason: bool
    unsaved: bool
    to_tell: int
    card: CardOut
