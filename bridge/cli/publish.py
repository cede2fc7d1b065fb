"""``bridge publish``: what would go to the trackers, byte for byte, what waits for a person, and deciding about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.cli.clusters_review import Id, issue_id
from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import publishing
from bridge.service.errors import UnknownId
from bridge.service.publish_preview import Written, publish_preview

app = typer.Typer(invoke_without_command=True, no_args_is_help=True, add_completion=False)
Tracker = Annotated[str | None, typer.Option(help="Which one; needed where there are several.")]


@app.callback()
def root(
    ctx: typer.Context,
    preview: Annotated[str | None, typer.Option(metavar="ID", help="Show what the trackers get of an issue.")] = None,
    tracker: Tracker = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """What is published: look at it byte for byte, and decide about proposals."""
    if preview is None:
        return
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        targets = {name: target for name, target in bridge.targets.items() if tracker in (None, name)}
        if tracker is not None and not targets:
            raise UnknownId(f"{tracker!r} is no tracker that is published to: {', '.join(bridge.targets) or 'none is'}")
        with bridge.db.read() as session:
            found = publish_preview(session, actor, issue_id(preview), targets, at=now())
    if as_json:
        print_json(asdict(found))
        return
    for one in found.trackers:
        _show(one)


@app.command()
def waiting(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Proposals that wait for a person, and what people changed in trackers."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            found = publishing.waiting_to_be_published(session, actor, bridge.targets, at=now())
    if as_json:
        print_json(asdict(found))
        return
    rows = [
        (p.rank, p.id, p.tracker, p.title, "a title by a person first" if p.needs_title else "")
        for p in found.proposals
    ]
    table(("rank", "id", "tracker", "title", "needs"), rows, right=("rank",))
    for one in found.conflicts:
        say(f"{one.id}: {', '.join(one.fields)} changed by a person in {one.tracker}: left as is")
    say(f"{found.total} wait; `bridge publish --preview ID` shows one, `bridge publish approve ID` sends it")


@app.command()
def approve(
    ctx: typer.Context, id_: Id, tracker: Tracker = None, reason: Reason = None, as_name: AsName = None
) -> None:
    """Send an issue to one tracker, as `--preview` shows it."""
    _act(ctx, "approve", id_, tracker, reason, as_name, "goes out with the next sync")


@app.command()
def decline(
    ctx: typer.Context, id_: Id, tracker: Tracker = None, reason: Reason = None, as_name: AsName = None
) -> None:
    """Propose it no more for this tracker."""
    _act(ctx, "decline", id_, tracker, reason, as_name, "is not proposed any more")


@app.command()
def again(ctx: typer.Context, id_: Id, tracker: Tracker = None, reason: Reason = None, as_name: AsName = None) -> None:
    """Propose a declined issue again."""
    _act(ctx, "again", id_, tracker, reason, as_name, "is proposed again")


@app.command("take-over")
def take_over(
    ctx: typer.Context, id_: Id, tracker: Tracker = None, reason: Reason = None, as_name: AsName = None
) -> None:
    """Write again what a person changed in the tracker, and keep it up to date."""
    _act(ctx, "take_over", id_, tracker, reason, as_name, "is written by us again, with the next sync")


def _act(
    ctx: typer.Context, what: str, id_: str, tracker: str | None, reason: str | None, as_name: str | None, done: str
) -> None:
    with opened(ctx.obj) as bridge:
        actor, targets = actor_of(bridge, as_name), bridge.targets
        if tracker is None and len(targets) != 1:
            raise UnknownId(f"name the tracker by --tracker: {', '.join(targets) or 'none is connected'}")
        name = tracker or next(iter(targets))
        with bridge.db.write() as session:
            ref = publishing.act(session, actor, what, issue_id(id_), name, targets, at=now(), reason=reason)
    say(f"{ref} {done}, in {name}")


def _show(one: Written) -> None:
    said = {"create": "a new issue", "update": f"an update of {', '.join(one.sent)}"}.get(
        one.kind, f"nothing: {one.note}"
    )
    say(f"{one.tracker or 'no tracker is connected; a plain one'}: {said}")
    facts = {
        "why": ", ".join(one.why),
        "left to people": ", ".join(one.left),
        "priority": one.priority,
        "labels": ", ".join(one.labels),
        "project": one.project,
        "title": one.title,
    }
    for name, value in facts.items():
        if value:
            say(f"{name}: {value}")
    say(one.body)
