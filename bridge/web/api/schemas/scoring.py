"""The constants of the score. Rule: a constant goes by the key of its field, as on the page and at the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from bridge.service.scoring import Constants, Trial, Version
from bridge.web.api.schemas.common import Id, In, Out

Assignment = Annotated[str, StringConstraints(pattern=r"^[^=\x00]{1,120}=[^\x00]*$", max_length=10_000)]
Key = Annotated[str, StringConstraints(pattern=r"^[^=\x00]+$", max_length=120)]
Typed = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=10_000)]
Why = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=500)]


class ConstantOut(Out):
    """``value`` as it is typed. ``kind``: number from ``low`` to ``high``, choice, or lines (one entry a line)."""

    key: str
    group: str
    label: str
    unit: str
    kind: str
    low: float
    high: float
    value: str


class ConstantsOut(Out):
    """What is in force. ``currency`` and ``internal_domains`` are settings of the workspace."""

    version: int
    at: datetime
    by: str
    why: str
    currency: str
    internal_domains: list[str]
    constants: list[ConstantOut]

    @classmethod
    def whole(cls, found: Constants) -> Self:
        rows = [
            ConstantOut(
                key=one.key,
                group=group.name,
                label=one.label,
                unit=one.unit,
                kind=one.kind,
                low=one.low,
                high=one.high,
                value=found.values[one.key],
            )
            for group in found.groups
            for one in group.fields
        ]
        return cls(
            version=found.version,
            at=found.at,
            by=found.by,
            why=found.why,
            currency=found.currency,
            internal_domains=list(found.internal_domains),
            constants=rows,
        )


class ConstantChange(Out):
    key: str
    label: str
    before: str
    after: str


class VersionOut(Out):
    """``changes`` are against the version before; ``like`` is an older version that says the same."""

    version: int
    at: datetime
    by: str
    why: str
    in_force: bool
    like: int | None
    changes: list[ConstantChange]


class Versions(Out):
    """Newest first."""

    items: list[VersionOut]

    @classmethod
    def whole(cls, found: tuple[Version, ...]) -> Self:
        return cls(items=[VersionOut.of(one) for one in found])


class TrialMoveOut(Out):
    """An issue of the Top 20, now or then; money per year."""

    id: str
    title: str
    rank_now: int
    rank_then: int
    score_now: float
    score_then: float
    top_now: bool
    top_then: bool


class EffectOnRanks(Out):
    """On the ranking of ``as_of``. ``unforeseen``: what of the change shows with the next ranking only."""

    as_of: datetime
    currency: str
    issues: int
    moved: int
    size_10: int
    stay_10: int
    size_20: int
    stay_20: int
    entered: list[str]
    left: list[str]
    moves: list[TrialMoveOut]
    unforeseen: list[str]


class WrongOut(Out):
    key: str
    detail: str


class TrialOut(Out):
    """``effect`` is null where there are errors, or nothing has been ranked."""

    version: int
    errors: list[WrongOut]
    changes: list[ConstantChange]
    effect: EffectOnRanks | None

    @classmethod
    def whole(cls, found: Trial) -> Self:
        return cls(
            version=found.version,
            errors=[WrongOut(key=key, detail=detail) for key, detail in found.errors.items()],
            changes=[ConstantChange.of(one) for one in found.changes],
            effect=EffectOnRanks.of(found.effect) if found.effect else None,
        )


class TrialQuery(In):
    set: list[Assignment] = Field([], max_length=200, description="KEY=VALUE, once for each constant to try")
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="Instead: what going back to it would do")


class ScoringIn(In):
    """``seen``: the version that the change was made on; refused where another one came between."""

    set: dict[Key, Typed] = Field(min_length=1, max_length=200)
    reason: Why
    seen: Id | None = None


class RollbackIn(In):
    """A new version that says what ``version`` said."""

    version: Id
    reason: Why
    seen: Id | None = None


class SavedOut(Out):
    """``ranked`` false: the next sync ranks with it."""

    version: int
    like: int | None
    ranked: bool
    changes: list[ConstantChange]
