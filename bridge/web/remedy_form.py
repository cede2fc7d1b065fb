"""The fields of the remedy editor, grouped by who may read them.

Rule: a field that customers may read never stands in one group with one that they may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.analysis.remedy_fields import FIELDS
from bridge.service.remedy_editor import REASON, STATE
from bridge.service.trust import STATE_WORD

MOST_COUNTED = 600


@dataclass(frozen=True, slots=True)
class Input:
    """``rows``: of a text of several lines. ``hint`` stands under it, ``aside`` at the right of its label."""

    name: str
    label: str
    rows: int = 0
    hint: str = ""
    aside: str = ""

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-").replace("_", "-")

    @property
    def kind(self) -> str:
        if self.name == STATE or FIELDS[self.name].choices:
            return "select"
        kind = FIELDS[self.name].kind
        return kind if kind in ("flag", "date") else "area" if self.rows else "text"

    @property
    def limit(self) -> int:
        return FIELDS[self.name].limit

    @property
    def counted(self) -> bool:
        """Whether the number of characters left is worth showing."""
        return (self.rows > 0 and self.limit <= MOST_COUNTED) or self.name == "title_customer"

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        if self.name == STATE:
            return [(state.value, word) for state, word in STATE_WORD.items()]
        return [("", "Not set"), *((c, c.replace("_", " ").capitalize()) for c in FIELDS[self.name].choices)]


@dataclass(frozen=True, slots=True)
class Zone:
    """``rows``: inputs that stand side by side. ``more`` is folded away."""

    name: str
    klass: str
    who: str
    rows: tuple[tuple[Input, ...], ...]
    more: tuple[tuple[Input, ...], ...] = ()


CUSTOMER = Zone(
    "Customers may read this",
    "is-customer",
    "the only fields that any outgoing text uses",
    (
        (Input("title_customer", "Title, in the customer's words"),),
        (
            Input(
                "say",
                "What to tell the customer",
                rows=3,
                hint="Write {eta}, {fix_version} or {review_due}: they are filled in by rule when it is told.",
            ),
        ),
        (Input("say_short", "Short version, for the agent's card", rows=2),),
        (Input("workaround.kind", "Workaround"), Input("fix_version", "Fix version")),
        (Input("workaround.steps_customer", "Steps for the customer", rows=2),),
    ),
    (
        (Input("fixed_in_channels", "Fixed in", hint="stable:4.2.1; beta:4.3.0"),),
        (Input("decline_alternative", "What else helps, where it was declined", rows=2),),
    ),
)
PLAN = Zone(
    "State and date",
    "",
    "shown by rule, never copied as typed",
    (
        (Input(STATE, "State"), Input("owner", "Owner"), Input("support_liaison", "Support liaison")),
        (
            Input("eta.kind", "ETA"),
            Input("eta.earliest", "Earliest"),
            Input("eta.latest", "Latest"),
            Input("eta.confidence", "Confidence"),
        ),
        (
            Input(
                "eta.shareable",
                "Shareable: agents may see the date",
                hint="High shows the date, medium the month, low “no date to share”; none once it has passed.",
            ),
        ),
        (Input("affected_versions", "Affected versions"), Input("severity_override", "Severity, set by product")),
    ),
    (
        (Input("cause_known", "The cause is known"),),
        (Input("decline_reason", "Why declined"), Input("duplicate_of", "Duplicate of", hint="IB-12")),
        (Input("evidence", "Evidence that it works", rows=2),),
        (
            Input("workaround.verified_by", "Workaround verified by"),
            Input("workaround.verified_at", "Verified on"),
            Input("workaround.applies_to_versions", "For versions"),
        ),
    ),
)
INTERNAL = Zone(
    "Internal",
    "is-internal",
    "never in text to customers, macros or exports",
    (
        (Input("dont_say", "Caution for agents", rows=2, aside="agents see it, customers do not"),),
        (Input("escalation_contact", "Escalate to", aside="on the card"), Input("audience", "Who may see the plan")),
        (Input("cause_internal", "Cause", rows=2, aside="not for suppliers"),),
        (Input("internal_notes", "Internal notes", rows=2, aside="not for suppliers"),),
    ),
    (
        (Input("symptom", "Symptom", rows=2),),
        (Input("error_signatures", "Error messages", hint="separate by ;"),),
        (Input("workaround.prerequisites", "Workaround: before", rows=2),),
        (Input("workaround.rollback", "Workaround: how to go back", rows=2),),
        (Input("affected_platforms", "Affected platforms"), Input("not_affected", "Not affected")),
    ),
)
ZONES = (CUSTOMER, PLAN, INTERNAL)
INPUTS = {i.name: i for zone in ZONES for row in (*zone.rows, *zone.more) for i in row}
LABELS = {**{name: one.label for name, one in INPUTS.items()}, REASON: "Reason", "": ""}


def typed(form: dict[str, str]) -> dict[str, str]:
    """What a form says of every field that it has; a box without a tick says nothing."""
    return {**{name: form.get(name, "").replace("\r\n", "\n") for name in INPUTS}, REASON: form.get(REASON, "").strip()}


def is_open(rows: Sequence[Sequence[Input]], values: dict[str, str], findings: Sequence[str]) -> bool:
    """Whether folded fields are shown: one of them is filled in, or is what a finding is about."""
    return any(values.get(one.name) or one.name in findings for row in rows for one in row)
