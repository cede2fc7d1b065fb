"""``bridge clusters review|confirm|lock|unlock|log``: what the model is not sure of, and what became of ids."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, Reason, actor_of, now, opened
from bridge.service import grouping_log, locking, reading, review_answers, review_queue
from bridge.service.errors import ServiceError, UnknownId
from bridge.words import display_id, parse_cluster_id

Id = Annotated[str, typer.Argument(metavar="ID", help="IB-12 or 12.")]


def review(
    ctx: typer.Context,
    issue: Annotated[str | None, typer.Option(help="Only tickets that may belong to this issue.")] = None,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    limit: Limit = 20,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """Tickets of which the model is not sure, with the issues they may belong to."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            wanted = issue_id(issue) if issue else None
            found = review_queue.queue(session, actor, page, wanted, limit, at=now())
    if as_json:
        print_json(asdict(found))
        return
    rows = [
        (
            f"{q.connection}:{q.number}",
            q.subject,
            "\n".join(f"{o.issue} {o.title}" for o in q.options),
            "\n".join(filter(None, (o.why for o in q.options))),
        )
        for q in found.rows
    ]
    table(("ticket", "subject", "may belong to", "why"), rows)
    say(f"{found.total} tickets wait, page {found.page} of {found.pages}; `bridge clusters confirm` answers")


def confirm(
    ctx: typer.Context,
    tickets: Annotated[list[str], typer.Argument(metavar="TICKET...", help="Ticket ids, or CONNECTION:ID.")],
    to: Annotated[str | None, typer.Option(help="The issue they belong to, one of their candidates.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Each is an issue of its own.")] = False,
    reason: Reason = None,
    as_name: AsName = None,
) -> None:
    """Say where tickets belong of which the model is not sure."""
    if own == (to is not None):
        raise ServiceError("say --to ISSUE or --own, one of the two")
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            ids = []
            for name in tickets:
                ticket = reading.find_ticket(session, name)
                if ticket is None:
                    raise UnknownId(f"no single ticket is called {name!r}: write CONNECTION:ID")
                ids.append(ticket.id or 0)
            if to is not None:
                review_answers.belongs(session, actor, ids, issue_id(to), at=now(), reason=reason)
            else:
                for ticket_id in dict.fromkeys(ids):
                    review_answers.neither(session, actor, ticket_id, at=now())
    where = f"belong to {display_id(issue_id(to))}" if to else "are issues of their own"
    say(f"{len(set(ids))} tickets {where} now; `bridge clusters undo` takes the last answer back")


def lock(ctx: typer.Context, id_: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Lock an issue: the model adds no ticket and takes none out."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            found = locking.lock(session, actor, issue_id(id_), at=now(), reason=reason)
            name = display_id(found.id or 0)
    say(f"{name} is locked; `bridge clusters unlock {name}` lets the model group there again")


def unlock(ctx: typer.Context, id_: Id, reason: Reason = None, as_name: AsName = None) -> None:
    """Let the model group in an issue again."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            found = locking.unlock(session, actor, issue_id(id_), at=now(), reason=reason)
            name = display_id(found.id or 0)
    say(f"{name} is open to the model again")


def log(
    ctx: typer.Context,
    id_: Annotated[str | None, typer.Argument(metavar="[ID]", help="Only what became of this issue.")] = None,
    before: Annotated[int | None, typer.Option(help="Older than this run.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """What each run of the grouping did to the ids of issues; where an old id leads."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.read() as session:
            wanted = issue_id(id_) if id_ else None
            found = grouping_log.log(session, actor, cluster_id=wanted, before=before, limit=limit)
    if as_json:
        print_json(asdict(found))
        return
    if found.trail:
        for step in found.trail.steps:
            when = f"{step.at:%Y-%m-%d %H:%M}" if step.at else "a person placed its ticket"
            say(f"{step.issue} -> {step.into}  {when}{f', {step.by}' if step.by else ''}")
        say(f"{found.trail.asked} is {found.trail.now} today")
    columns = ("run", "when", "why", "tickets", "opened", "merged", "split", "emptied")
    table(columns, [_row(run) for run in found.runs], right=("run",))
    if found.older:
        say(f"there are older ones: --before {found.older}")


def _row(run: grouping_log.Run) -> tuple[object, ...]:
    facts = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in run.facts.items())
    kinds = [", ".join(_change(one) for one in run.of(kind)) for kind in ("opened", "merged", "split", "emptied")]
    return (run.id, f"{run.at:%Y-%m-%d %H:%M}", run.trigger, facts, *kinds)


def _change(one: grouping_log.Change) -> str:
    if one.other is None:
        return one.issue
    return f"{one.issue}<-{one.other}" if one.kind == "split" else f"{one.issue}->{one.other}"


def issue_id(text: str) -> int:
    try:
        return parse_cluster_id(text)
    except ValueError as error:
        raise ServiceError(str(error)) from None
