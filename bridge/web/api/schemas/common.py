"""What all models share. Rule: an answer has the fields of its model alone; a request with another is refused."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

BIG = 2**31 - 1
Id = Annotated[int, Field(ge=1, le=BIG)]
IssueId = Annotated[str, StringConstraints(pattern=r"^(IB-)?[0-9]{1,9}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00\n\r]*$", min_length=1, max_length=80)]
Reason = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=500)]


class Out(BaseModel):
    """Made from what the service returns, by the names of the fields."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    @classmethod
    def of(cls, view: Any) -> Self:
        return cls.model_validate(view)


class Pair(Out):
    """A (first, second) of the service with names."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return dict(zip(cls.model_fields, value, strict=True)) if isinstance(value, tuple) else value


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Why(In):
    """Why it is decided; people who may read internal notes see it."""

    reason: Reason | None = None


class Decided(Out):
    """What stands now. ``events`` can be taken back by POST /decisions/{event}/undo, the last first."""

    cluster: str
    events: list[int]


class Done(Out):
    """It is done, and there is nothing to tell of it."""

    done: bool = Field(description="Always true")


DONE = Done(done=True)
