"""A tracker and a desk in memory whose faults are scripted, and a clock that only moves when told."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import (
    AuthFailed,
    CreateGuarantee,
    Dialect,
    InDoubt,
    IssueDraft,
    IssueText,
    NotFound,
    Permanent,
    RateLimited,
    Ref,
    RemedyMessage,
    Transient,
)

CONSISTENT = CreateGuarantee("consistent_lookup")
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def pass_(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Thing:
    key: str
    id: str
    where: str
    content: Any
    found_from: datetime


@dataclass
class OtherSide:
    """Plays tracker and desk. ``faults`` are used up one a write, ``look_faults`` one a look-up; "" means none.

    before: refused, nothing written. lost: written, the answer is lost. rate, auth, permanent, gone, bug speak for
    themselves. ``down`` makes every call fail as a host that is away. New things are found after ``lag`` seconds.
    """

    now: Callable[[], datetime]
    name: str = "other"
    create_guarantee: CreateGuarantee = CONSISTENT
    dialect: Dialect = Dialect.MARKDOWN
    lag: float = 0.0
    faults: deque[str] = field(default_factory=deque)
    look_faults: deque[str] = field(default_factory=deque)
    down: bool = False
    things: list[Thing] = field(default_factory=list)
    updates: list[tuple[str, IssueDraft]] = field(default_factory=list)
    fields: dict[str, tuple[dict[str, str], set[str]]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    during_write: Callable[[], None] = lambda: None

    def check(self) -> str:
        self.calls["check"] += 1
        if self.down:
            raise Transient("other: no connection")
        return "well"

    def as_written(self, draft: IssueDraft, *, key: str) -> IssueText:
        return IssueText(draft.title or "", f"{draft.body}\n{key}")

    def create_issue(self, draft: IssueDraft, *, key: str) -> Ref:
        return self._create("issue", draft, key)

    def find_issue(self, key: str) -> Ref | None:
        return self._find("issue", key)

    def comment(self, issue_id: str, body: str, *, key: str) -> Ref:
        return self._create(f"comment {issue_id}", body, key)

    def find_comment(self, issue_id: str, key: str) -> Ref | None:
        return self._find(f"comment {issue_id}", key)

    def update_issue(self, issue_id: str, draft: IssueDraft, *, key: str) -> None:
        self._write(lambda: self.updates.append((issue_id, draft)))

    def pull_issues(self, cursor: str | None) -> Any:
        raise NotImplementedError

    def push_remedy(self, ticket_id: str, remedy: RemedyMessage, *, key: str) -> Ref:
        return self._create(f"ticket {ticket_id}", remedy.text, key)

    def find_remedy(self, ticket_id: str, key: str) -> Ref | None:
        return self._find(f"ticket {ticket_id}", key)

    def set_fields(self, ticket_id: str, fields: Mapping[str, str], tags: AbstractSet[str]) -> None:
        self._write(lambda: self.fields.__setitem__(ticket_id, (dict(fields), set(tags))))

    @property
    def keys(self) -> list[str]:
        return [thing.key for thing in self.things]

    def _create(self, where: str, content: Any, key: str) -> Ref:
        thing = Thing(key, f"R{len(self.things) + 1}", where, content, self.now() + timedelta(seconds=self.lag))
        self._write(lambda: self.things.append(thing))
        return Ref(thing.id, f"https://other.example/{thing.id}")

    def _find(self, where: str, key: str) -> Ref | None:
        self.calls["find"] += 1
        self._refuse(self.look_faults.popleft() if self.look_faults else "")
        for thing in self.things:
            if (thing.key, thing.where) == (key, where) and thing.found_from <= self.now():
                return Ref(thing.id)
        return None

    def _write(self, do: Callable[[], None]) -> None:
        self.calls["write"] += 1
        fault = self.faults.popleft() if self.faults else ""
        self.during_write()
        self._refuse("" if fault == "lost" else fault)
        do()
        if fault == "lost":
            raise InDoubt("other: POST timed out after it was sent")

    def _refuse(self, fault: str) -> None:
        if self.down:
            raise Transient("other: no connection")
        match fault:
            case "":
                return
            case "before":
                raise Transient("other: connection refused")
            case "doubt":
                raise InDoubt("other: answered 502")
            case "rate":
                raise RateLimited("other: too many requests", retry_after=120)
            case "auth":
                raise AuthFailed("other: the token is refused")
            case "permanent":
                raise Permanent("other: 422, the project is archived")
            case "gone":
                raise NotFound("other: 404")
            case "bug":
                raise KeyError("jane@example.com")
            case _:
                raise AssertionError(fault)
