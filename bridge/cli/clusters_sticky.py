"""``bridge clusters pin|unpin|mute|unmute|severity``: what a person holds about an issue against what is computed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from bridge.cli.clusters_review import Id, issue_id
from bridge.cli.output import say
from bridge.cli.workspace import AsName, Reason, actor_of, now, opened
from bridge.service import sticky
from bridge.service.errors import ServiceError
from bridge.words import Hold, Severity, display_id

Because = Annotated[str, typer.Option("--reason", help="Why; stands beside it.")]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day; empty: until somebody ends it.")
]
LastDay = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day.")]


def pin(ctx: typer.Context, id_: Id, reason: Because, until: Until = None, as_name: AsName = None) -> None:
    """Keep an issue in the Top 10, whatever its evidence. Its score and its rank stay."""
    _hold(ctx, id_, Hold.PIN, reason, until, as_name)


def unpin(ctx: typer.Context, id_: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Let the ranking decide again."""
    _let_go(ctx, id_, Hold.PIN, reason, as_name)


def mute(ctx: typer.Context, id_: Id, reason: Because, until: LastDay, as_name: AsName = None) -> None:
    """Take an issue out of the Top 10 up to a day; then it comes back by itself. Its score and its rank stay."""
    _hold(ctx, id_, Hold.MUTE, reason, until, as_name)


def unmute(ctx: typer.Context, id_: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Bring a muted issue back before its day."""
    _let_go(ctx, id_, Hold.MUTE, reason, as_name)


def severity(
    ctx: typer.Context,
    id_: Id,
    word: Annotated[Severity | None, typer.Argument(metavar="S1|S2|S3|S4", help="The severity that counts.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Let the tickets say it again.")] = False,
    reason: Reason = None,
    until: Until = None,
    as_name: AsName = None,
) -> None:
    """Set the severity of an issue. It counts in the score instead of what the tickets say."""
    if clear == (word is not None):
        raise ServiceError("say a severity or --clear, one of the two")
    if word is None:
        _let_go(ctx, id_, Hold.SEVERITY, reason, as_name)
    else:
        _hold(ctx, id_, Hold.SEVERITY, reason or "", until, as_name, severity=word.value)


def _hold(
    ctx: typer.Context, id_: str, kind: Hold, reason: str, until: datetime | None, as_name: str | None, **more: Any
) -> None:
    last = until.date() if until else None
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            found = sticky.hold(session, actor, issue_id(id_), kind, at=now(), reason=reason, until=last, **more)
    word = {Hold.PIN: "is pinned", Hold.MUTE: "is muted"}.get(kind) or f"has severity {more.get('severity')}"
    end = f" until {last}" if last else ""
    say(f"{display_id(found.id or 0)} {word}{end}; `bridge clusters undo` takes it back")


def _let_go(ctx: typer.Context, id_: str, kind: Hold, reason: str | None, as_name: str | None) -> None:
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            found = sticky.let_go(session, actor, issue_id(id_), kind, at=now(), reason=reason)
    word = {Hold.PIN: "is pinned no more", Hold.MUTE: "is muted no more"}.get(kind, "has the severity of its tickets")
    say(f"{display_id(found.id or 0)} {word}")
