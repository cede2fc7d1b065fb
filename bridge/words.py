"""Words that every floor shares. Imports nothing of ours."""

from __future__ import annotations

from enum import StrEnum


class TicketStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """New, open, pending and hold are open: a remedy is still owed there."""
        return self not in (TicketStatus.SOLVED, TicketStatus.CLOSED)


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Severity(StrEnum):
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class ExpectationTier(StrEnum):
    PREMIUM = "premium"
    STANDARD = "standard"
    SELF_SERVE = "self_serve"


class RiskBand(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    ELEVATED = "elevated"
    HIGH = "high"


class Lifecycle(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    CHURNED = "churned"


class LocationClass(StrEnum):
    """Where support must sit by contract, seen from the customer."""

    ONSHORE = "onshore"
    NEARSHORE = "nearshore"
    ANY = "any"


class RemedyState(StrEnum):
    """Domain.md 3.3, in the order in which a plan moves forward; declined and duplicate stand apart."""

    UNREVIEWED = "unreviewed"
    TRIAGE = "triage"
    INVESTIGATING = "investigating"
    KNOWN_ERROR = "known_error"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    FIX_READY = "fix_ready"
    RELEASED = "released"
    VERIFIED = "verified"
    DECLINED = "declined"
    DUPLICATE = "duplicate"


class Confidence(StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class WorkaroundKind(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class Origin(StrEnum):
    MODEL = "model"
    HUMAN = "human"


class Zone(StrEnum):
    """How sure a membership is: automatic; waiting for a person, and meanwhile a single of its own; a single without a
    candidate; or said by a person.
    """

    AUTOMATIC = "automatic"
    REVIEW = "review"
    NEW = "new"
    CONFIRMED = "confirmed"


class Granularity(StrEnum):
    """How fine the model groups, by workspace."""

    COARSE = "coarse"
    BALANCED = "balanced"
    STRICT = "strict"


class Hold(StrEnum):
    """What a person holds about an issue, against what is computed."""

    PIN = "pin"
    MUTE = "mute"
    SEVERITY = "severity"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"


class NoticeKind(StrEnum):
    """What people are told of: an issue that many accounts meet newly, one that enters the Top 10, one that a premium
    account meets newly, one of the Top 10 that nobody has planned for; and once a week, what became of all.
    """

    EMERGING = "emerging"
    TOP10 = "top10"
    PREMIUM = "premium"
    UNPLANNED = "unplanned"
    WEEKLY = "weekly"


class NoticeChoice(StrEnum):
    """How a person wants to hear of a kind: at once, with the weekly digest, or not."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


class RunKind(StrEnum):
    """What somebody may want now: a connection read or checked, or all tickets grouped anew."""

    READ = "read"
    CHECK = "check"
    GROUP = "group"


class Role(StrEnum):
    """The columns of the visibility matrix, domain.md 6.4, in its order."""

    AGENT = "agent"
    SUPPLIER_AGENT = "supplier_agent"
    SUPPLIER_CONTACT = "supplier_contact"
    PRODUCT_MANAGER = "product_manager"
    SUPPLIER_MANAGER = "supplier_manager"
    CSM = "csm"
    ADMIN = "admin"


def display_id(cluster_id: int) -> str:
    """The id people use: 12 -> "IB-12"."""
    return f"IB-{cluster_id}"


def parse_cluster_id(text: str) -> int:
    """ "IB-12" or "12" -> 12. Raises ValueError with what was expected."""
    digits = text.strip().upper().removeprefix("IB-")
    if not digits.isdecimal():
        raise ValueError(f"{text!r} is no issue id: expected IB-12 or 12")
    return int(digits)
