"""``bridge clusters``: look at issues and decide about them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlmodel import Session

from bridge.cli import clusters_review, clusters_sticky, naming
from bridge.cli.clusters_review import Id, issue_id
from bridge.cli.export import AsOf, ConfigVersion, Snapshot, show_ranking, which
from bridge.cli.output import money, print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, Reason, actor_of, now, opened
from bridge.service import clusters as decide
from bridge.service import estimates, reading
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.ranking import export
from bridge.words import display_id

app = typer.Typer(no_args_is_help=True, add_completion=False)
for command in (
    clusters_review.review,
    clusters_review.confirm,
    clusters_review.lock,
    clusters_review.unlock,
    clusters_review.log,
    clusters_sticky.pin,
    clusters_sticky.unpin,
    clusters_sticky.mute,
    clusters_sticky.unmute,
    clusters_sticky.severity,
):
    app.command()(command)

Tickets = Annotated[list[str], typer.Argument(metavar="TICKET...", help="Ticket ids, or CONNECTION:ID.")]


def _tickets(session: Session, names: list[str]) -> list[int]:
    found = []
    for name in names:
        ticket = reading.find_ticket(session, name)
        if ticket is None:
            raise UnknownId(f"no single ticket is called {name!r}: write CONNECTION:ID, as `clusters show` lists them")
        found.append(ticket.id or 0)
    return found


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Limit = 20,
    thin: Annotated[
        bool, typer.Option("--all", help="With the issues of thin evidence: one ticket, or unsure.")
    ] = False,
    as_of: AsOf = None,
    snapshot: Snapshot = None,
    config_version: ConfigVersion = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """Issues by rank; of an older ranking with --as-of, --snapshot or --config-version."""
    asked = which(as_of, snapshot, config_version)
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        if not asked.newest:
            with bridge.db.read() as session:
                ranking = export(session, actor, now=now(), which=asked)
            _print_ranking(ranking, limit, as_json=as_json)
            return
        with bridge.db.read() as session:
            rows, hidden = reading.list_clusters(session, actor, limit=limit, thin=thin)
    if as_json:
        print_json({"clusters": rows, "thin_evidence_not_shown": hidden})
        return
    show_rows(rows)
    if hidden:
        say(f"{hidden} issues with thin evidence are not shown: --all shows them")


def _print_ranking(found: dict[str, Any], limit: int, *, as_json: bool) -> None:
    if as_json:
        print_json({**found, "clusters": found["clusters"][:limit]})
    else:
        show_ranking(found, limit)


def show_rows(rows: list[dict[str, Any]]) -> None:
    """The ranked table that people know from `bridge demo`."""
    cells = [
        (
            row["rank"],
            row["id"],
            row["title"],
            money(row["score"], row["currency"]) if row["score"] is not None else "not ranked yet",
            row["accounts"],
            row["tickets"],
            row["state"],
        )
        for row in rows
    ]
    columns = ("rank", "id", "title", "value at risk", "accounts", "tickets", "state")
    table(columns, cells, right=("rank", "value at risk", "accounts", "tickets"))


@app.command()
def show(
    ctx: typer.Context,
    id_: Id,
    as_of: AsOf = None,
    snapshot: Snapshot = None,
    config_version: ConfigVersion = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """One issue with its tickets and its history; or as an older ranking had it, with every number explained."""
    asked = which(as_of, snapshot, config_version)
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        if not asked.newest:
            with bridge.db.read() as session:
                ranking = export(session, actor, now=now(), which=asked, issues=[issue_id(id_)])
            _print_ranking(ranking, 1, as_json=as_json)
            return
        with bridge.db.read() as session:
            found = reading.show_cluster(session, actor, issue_id(id_))
    if as_json:
        print_json(found)
        return
    show_rows([found])
    say(f"customers' words: {'; '.join(found['phrases'])}")
    say(f"in the tracker: {', '.join(found['tracker']) or 'not yet'}")
    members = [
        (f"{m['connection']}:{m['ticket']}", m["subject"], m["status"], m["placed_by"]) for m in found["members"]
    ]
    table(("ticket", "subject", "status", "placed by"), members)
    for event in found["history"]:
        say(f"{event['at'][:16]}  {event['what']} by {event['by']} (event {event['event']}) {event['why'] or ''}")


@app.command()
def publish(ctx: typer.Context, id_: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Decide that an issue goes to the tracker; the next sync sends it."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            cluster = decide.publish(session, actor, issue_id(id_), at=now(), reason=reason)
    say(f"{display_id(cluster.id or 0)} goes to the tracker with the next sync; `bridge clusters undo` before that")


@app.command()
def estimate(
    ctx: typer.Context,
    id_: Id,
    effort: Annotated[float | None, typer.Option(help="Person-weeks; 0 takes the estimate away.")] = None,
    blocked: Annotated[
        float | None, typer.Option(help="Part of its accounts' growth that it blocks, 0 to 1; below 0 takes it away.")
    ] = None,
    reason: Reason = None,
    as_name: AsName = None,
) -> None:
    """Say what an issue takes and blocks: beside its score, never in it."""
    said = {"effort": effort or None} if effort is not None else {}
    said |= {"blocked_share": blocked if blocked >= 0 else None} if blocked is not None else {}
    if not said:
        raise ServiceError("say --effort, --blocked or both")
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            event = estimates.estimate(session, actor, issue_id(id_), said, at=now(), reason=reason)
    name = display_id(issue_id(id_))
    say(f"{name} is estimated; `bridge clusters undo` takes it back" if event else f"{name} is estimated so already")


@app.command()
def merge(ctx: typer.Context, loser: Id, winner: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Put everything of the first issue into the second."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            found = decide.merge_clusters(session, actor, issue_id(loser), issue_id(winner), at=now(), reason=reason)
    say(
        f"{display_id(issue_id(loser))} is part of {display_id(found.id or 0)} now; "
        "`bridge clusters undo` takes it back"
    )


@app.command()
def split(ctx: typer.Context, id_: Id, tickets: Tickets, reason: Reason = None, as_name: AsName = None) -> None:
    """Make the named tickets an issue of their own."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            rows = _tickets(session, tickets)
            found = decide.split(session, actor, issue_id(id_), rows, at=now(), reason=reason)
    say(f"{display_id(found.id or 0)} has {len(rows)} tickets now; `bridge clusters undo` takes it back")


@app.command()
def move(
    ctx: typer.Context,
    tickets: Tickets,
    to: Annotated[str, typer.Option(help="The issue they belong to.")],
    reason: Reason = None,
    as_name: AsName = None,
) -> None:
    """Put tickets into an issue."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            rows = _tickets(session, tickets)
            found = decide.move(session, actor, rows, issue_id(to), at=now(), reason=reason)
    say(f"{len(rows)} tickets belong to {display_id(found.id or 0)} now; `bridge clusters undo` takes it back")


@app.command()
def undo(
    ctx: typer.Context,
    event: Annotated[int | None, typer.Option(help="The event's number, as `clusters show` lists it.")] = None,
    as_name: AsName = None,
) -> None:
    """Take back the last decision, or the one of this event."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            done = decide.undo(session, actor, at=now(), event_id=event)
    say(f"taken back: {done.kind.removesuffix('.undone')} of {done.subject} (event {done.undoes})")


naming.install(app)
