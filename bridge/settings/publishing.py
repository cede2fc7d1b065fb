"""How a tracker is published to: section [connections.NAME.publish]. Rule: what a public tracker must not be told is
refused when the settings are read, not when something is sent.
"""

from __future__ import annotations

from string import Template
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

FACTS = ("id", "rank", "accounts", "open", "tickets", "first", "last", "severity", "title", "updated")
"""Placeholders that any tracker may be told."""
INTERNAL_FACTS = ("accounts_by_segment", "words", "open_tickets", "link")
"""Placeholders for our own people: segments, customers' words, tickets with their addresses, the issue's page here."""

INTERNAL_TEMPLATE = """\
Customers report this issue ($id).

* Rank by customer value at risk: $rank
* Accounts affected: $accounts_by_segment
* Tickets: $open open of $tickets
* First report $first, last customer signal $last
* Severity set by product: $severity
* Customers' words: $words

$open_tickets

$updated
"""
PUBLIC_TEMPLATE = """\
Customers report this issue ($id).

* Rank among what customers report: $rank
* Customers affected: $accounts
* Reports: $open open of $tickets
* First report $first, last report $last

$updated
"""


def _list(value: object) -> object:
    """A list in an environment variable is separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^,\n\r]+$")]


class Bar(BaseModel):
    """What may be published without a person, or is proposed to one: the first ``top`` ranks that hurt at least
    ``min_accounts`` and reach ``min_score`` (money a year, in the workspace's currency).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    top: int = Field(default=20, ge=1)
    min_accounts: int = Field(default=2, ge=1)
    min_score: float = Field(default=0.0, ge=0)


class Rule(BaseModel):
    """A ticket fits where all that is given holds. An issue fits where the tickets of most of its accounts do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tag: str | None = None
    group: str | None = None
    connection: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Rule:
        if not (self.tag or self.group or self.connection or self.attributes):
            raise ValueError("names nothing to look for: give it a tag, group, connection or attributes")
        return self


class Route(Rule):
    """``project``: where issues that fit are opened, as the tracker calls it."""

    project: str = Field(min_length=1)


class LabelRule(Rule):
    label: Label


class TrackerPublishing(BaseModel):
    """What the section holds; ``mode`` and ``bar`` None: as in [publish].

    ``money_bands``: value at risk from which the priority is the highest, and the next; none: by rank.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["approve", "automatic"] | None = None
    visibility: Literal["internal", "public"] = "internal"
    bar: Bar | None = None
    money_bands: tuple[float, float] | None = None
    labels: Annotated[tuple[Label, ...], BeforeValidator(_list)] = ()
    segment_labels: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()
    label_rules: tuple[LabelRule, ...] = ()
    routes: tuple[Route, ...] = ()
    template: str = ""

    @property
    def is_public(self) -> bool:
        return self.visibility == "public"

    @property
    def body(self) -> str:
        """The template in use."""
        return self.template or (PUBLIC_TEMPLATE if self.is_public else INTERNAL_TEMPLATE)

    @field_validator("money_bands")
    @classmethod
    def _falling(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not value[0] > value[1] > 0:
            raise ValueError("must fall: first where the priority is the highest, then the next, both above 0")
        return value

    @model_validator(mode="after")
    def _public_is_told_little(self) -> TrackerPublishing:
        if not self.is_public:
            return self
        if self.money_bands:
            raise ValueError("money_bands would tell of money in a public tracker: take them out, or make it internal")
        if self.segment_labels:
            raise ValueError("segment_labels tell a public tracker whom you value: take them out, or make it internal")
        return self

    @model_validator(mode="after")
    def _knows_its_placeholders(self) -> TrackerPublishing:
        if not self.template:
            return self
        made = Template(self.template)
        if not made.is_valid():
            raise ValueError("template holds a $ that begins no placeholder: write $$ for a dollar sign")
        known = FACTS if self.is_public else FACTS + INTERNAL_FACTS
        for name in made.get_identifiers():
            if name in INTERNAL_FACTS and self.is_public:
                raise ValueError(f"template holds ${name}, which a public tracker must not be told: take it out")
            if name not in known:
                raise ValueError(f"template holds the unknown placeholder ${name}: known are {', '.join(known)}")
        return self
