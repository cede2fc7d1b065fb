"""``bridge erase``: a person, a ticket or an account, for good. It shows what would go; --yes does it."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import erase as service
from bridge.service.erase import Erasure, Kind
from bridge.service.errors import ServiceError

app = typer.Typer(add_completion=False)


@app.command()
def erase(
    ctx: typer.Context,
    requester: Annotated[str | None, typer.Option(help="Whose tickets: their address, or their key.")] = None,
    ticket: Annotated[str | None, typer.Option(help="One ticket: CONNECTION/ID.")] = None,
    account: Annotated[str | None, typer.Option(help="All tickets of an account, and the account: its name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it nothing changes.")] = False,
    reason: Reason = None,
    as_json: AsJson = False,
    as_name: AsName = None,
) -> None:
    """Erase text, vectors, quotes and titles for good, and list what must be erased elsewhere."""
    kind, name = _one({Kind.REQUESTER: requester, Kind.TICKET: ticket, Kind.ACCOUNT: account})
    whole = True
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() if yes else bridge.db.read() as session:
            target = service.find(session, actor, kind, name, bridge.secret)
            if yes:
                found = service.erase(session, actor, target, reason=reason or "", at=now())
            else:
                found = service.preview(session, actor, target)
        if yes:
            whole = bridge.forget()
    if as_json:
        print_json({**_plain(found), "erased": yes})
        return
    _show(found, done=yes)
    if not whole:
        say("a long read kept the database's log of changes: run `bridge erase` again, or stop the service once")


def _one(named: dict[Kind, str | None]) -> tuple[Kind, str]:
    given = [(kind, name) for kind, name in named.items() if name is not None]
    if len(given) != 1:
        raise ServiceError("name one of --requester, --ticket and --account")
    return given[0]


def _plain(found: Erasure) -> dict[str, object]:
    sent = [{"what": s.what, "connection": s.connection, "where": s.where, "url": s.url, "sure": s.sure}
            for s in found.sent_out]  # fmt: skip
    names = ("kind", "name", "tickets", "messages", "set_aside", "vectors", "renamed", "queued", "sources")
    return {**{name: getattr(found, name) for name in names}, "sent_out": sent}


def _show(found: Erasure, *, done: bool) -> None:
    verb = "erased" if done else "would erase"
    say(f"{verb}: {found.tickets} tickets with {found.messages} messages, {found.vectors} vectors")
    say(
        f"set-aside records cleared: {found.set_aside}; issues renamed: {found.renamed}; writes stopped: {found.queued}"
    )
    for sent in found.sent_out:
        doubt = "" if sent.sure else " (may have arrived)"
        say(f"  erase there too: {sent.what} {sent.where} in {sent.connection}{doubt} {sent.url or ''}".rstrip())
    for source in found.sources:
        say(f"  and the ticket itself: {source}")
    if not done:
        say("nothing was changed: --yes --reason TEXT erases; copies of the database keep the text until they end")
