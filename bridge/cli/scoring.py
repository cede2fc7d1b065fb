"""``bridge scoring``: the constants of the score, what others would do, saving them and going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from bridge.analysis.scoring_fields import Change
from bridge.cli.output import money, print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import scoring
from bridge.service.errors import ServiceError
from bridge.service.scoring_effect import Effect

app = typer.Typer(no_args_is_help=True, add_completion=False)

Set = Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="As `bridge scoring show` names them.")]
Old = Annotated[int, typer.Argument(metavar="VERSION", help="As `bridge scoring versions` counts them.")]


@app.command()
def show(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """The constants in force, each under the key that `set` takes."""
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        found = scoring.constants(session, actor_of(bridge, as_name))
    if as_json:
        print_json({**asdict(found), "groups": [group.name for group in found.groups]})
        return
    say(f"version {found.version}, {found.at:%Y-%m-%d %H:%M} by {found.by}: {found.why}")
    rows = [
        (one.key, group.name, one.label, found.values[one.key].replace("\n", ", ") or "none", one.unit)
        for group in found.groups
        for one in group.fields
    ]
    table(("key", "what", "", "value", "unit"), rows, right=("value",))
    own = ", ".join(found.internal_domains) or "none"
    say(f"money in {found.currency}, our own domains: {own} (both are settings of the workspace)")


@app.command()
def versions(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Every version, the newest first: who, when, why, and what changed."""
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        found = scoring.versions(session, actor_of(bridge, as_name))
    if as_json:
        print_json({"versions": [asdict(one) for one in found]})
        return
    rows = [
        (
            f"{one.version}{' (in force)' if one.in_force else ''}",
            f"{one.at:%Y-%m-%d %H:%M}",
            one.by,
            "\n".join(_changes(one.changes)) or (f"as {one.like}" if one.like else ""),
            one.why,
        )
        for one in found
    ]
    table(("version", "when", "who", "what changed", "why"), rows)


@app.command("what-if")
def what_if(
    ctx: typer.Context,
    to: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Constants to try.")] = None,
    version: Annotated[int | None, typer.Option(help="Instead: what going back to this version would do.")] = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> int:
    """Who would move in the Top 20. Changes nothing."""
    if (version is None) == (not to):
        raise ServiceError("name constants to try as KEY=VALUE, or a --version to go back to")
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        actor = actor_of(bridge, as_name)
        found = scoring.trial(session, actor, _typed(to or [])) if version is None else None
        found = found or scoring.trial_of(session, actor, version or 0)
    if as_json:
        print_json({name: value for name, value in asdict(found).items() if name != "typed"})
        return 1 if found.errors else 0
    for key, what in found.errors.items():
        say(f"{key}: {what}")
    for line in _changes(found.changes):
        say(line)
    if found.effect:
        _show(found.effect)
    elif not found.errors:
        say("nothing has been ranked yet: `bridge sync` ranks")
    return 1 if found.errors else 0


@app.command("set")
def set_(ctx: typer.Context, to: Set, reason: Reason = None, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Save constants as a new version and rank with it. Needs a --reason."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            done = scoring.save(session, actor, _typed(to), reason or "", at=now())
    _done(done, as_json=as_json)


@app.command()
def rollback(
    ctx: typer.Context, version: Old, reason: Reason = None, as_json: AsJson = False, as_name: AsName = None
) -> None:
    """Save a new version that says what an older one said. Needs a --reason; no version is ever deleted."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            done = scoring.rollback(session, actor, version, reason or "", at=now())
    _done(done, as_json=as_json)


def _typed(texts: Sequence[str]) -> dict[str, str]:
    """An entry a line where a constant is a list: free_mail_domains=one.example,two.example."""
    wrong = next((text for text in texts if "=" not in text), None)
    if wrong is not None:
        raise ServiceError(f"write {wrong!r} as KEY=VALUE, such as kappa=0.4; `bridge scoring show` lists the keys")
    return dict(text.split("=", 1) for text in texts)


def _changes(changes: Sequence[Change]) -> list[str]:
    return [f"{one.label}: {_line(one.before)} -> {_line(one.after)}" for one in changes]


def _line(text: str) -> str:
    return text.replace("\n", ", ") or "none"


def _show(effect: Effect) -> None:
    rows = [
        (
            move.rank_now,
            move.rank_then,
            move.id,
            move.title,
            money(move.score_now, effect.currency),
            money(move.score_then, effect.currency),
        )
        for move in effect.moves
    ]
    table(
        ("now", "then", "id", "title", "value now", "value then"),
        rows,
        right=("now", "then", "value now", "value then"),
    )
    say(f"{effect.stay_10} of the Top {effect.size_10} stay, {effect.stay_20} of the Top {effect.size_20}")
    if effect.entered:
        say(f"enter the Top 10: {', '.join(effect.entered)}; leave it: {', '.join(effect.left)}")
    for text in effect.unforeseen:
        say(f"not shown: {text}")
    say(f"{effect.moved} of {effect.issues} issues have another rank, on the ranking of {effect.as_of:%Y-%m-%d %H:%M}")


def _done(done: scoring.Saved, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(done))
        return
    like = f", as version {done.like} was" if done.like else ""
    ranked = "ranked with it" if done.ranked else "the next sync ranks with it"
    say(f"version {done.version} is in force{like}; {ranked}; `bridge scoring rollback` goes back")
