"""``bridge monday``: how far the review of the Top 10 is, and finishing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import monday as service

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def show(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """What is left to decide, and what moved since the last review."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = service.monday(session, actor, at=now())
    review = found.review
    if as_json:
        extra = {"done": review.done, "undecided": [asdict(place) for place in review.undecided]} if review else {}
        print_json({**asdict(found), **extra})
        return
    if review is None:
        say("nothing has been ranked yet")
        return
    rows = [(place.rank, place.ref, place.title, ", ".join(place.needs)) for place in review.undecided]
    table(("rank", "id", "title", "needs"), rows, right=("rank",))
    since = f"the review of {review.since:%Y-%m-%d}" if review.reviewed_by and review.since else "the earlier ranking"
    for word, moves in (("in", review.entered), ("out", review.left), ("up", review.rise), ("down", review.fall)):
        for move in moves:
            say(f"{word}: {move.ref} {move.title}{f' ({move.why})' if move.why else ''}, since {since}")
    say(f"{review.done} of {len(review.top)} done; unsorted: {found.unsorted_share:.0%} of tickets")


@app.command()
def finish(ctx: typer.Context, reason: Reason = None, as_name: AsName = None) -> None:
    """Finish the review; with something left only for a reason. The next one is told against this ranking."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            done = service.finish(session, actor, at=now(), reason=reason)
    left = ", ".join(f"{count} {need}" for need, count in done.left) or "nothing"
    say(f"review {done.id} is finished, {left} left; `bridge monday undo {done.id}` takes it back")


@app.command()
def undo(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="The review's number.")], as_name: AsName = None
) -> None:
    """Take the newest review back."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            service.undo_finish(session, actor, number, at=now())
    say(f"review {number} is taken back")
