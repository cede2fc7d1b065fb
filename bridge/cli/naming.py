"""``bridge clusters explain``, ``search`` and ``name``: why a ticket is where it is, finding by words, titles."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.analysis.asked import read
from bridge.analysis.embedding import ModelError, Vectors
from bridge.bootstrap import Bridge
from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, AsName, Reason, actor_of, now, opened
from bridge.service import title_proposals as titles
from bridge.service.access import Actor
from bridge.service.card_scope import unknown_ticket
from bridge.service.errors import ServiceError
from bridge.service.explaining import Explanation, explain
from bridge.service.lookup import Encode, Found, find_tickets, look_up
from bridge.words import display_id, parse_cluster_id
from connectors.base import ConnectorError

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="A ticket's number, CONNECTION:NUMBER, or its address.")]
Words = Annotated[list[str], typer.Argument(metavar="WORDS...", help="What the customer wrote.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="IB-12 or 12.")]


def install(app: typer.Typer) -> None:
    """Add the commands to those of ``bridge clusters``."""
    for command in (explain_, search, name):
        app.command(command.__name__.rstrip("_"))(command)


def explain_(ctx: typer.Context, ticket: Ticket, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Why a ticket is in its issue: nearest tickets, shared words, the next like issue, the sentences that tell."""
    with opened(ctx.obj) as bridge:
        actor, encode = actor_of(bridge, as_name), _encoder(bridge)
        with bridge.db.read() as session:
            found = find_tickets(session, actor, read(ticket))
            if len(found) != 1:
                raise unknown_ticket(ticket) if not found else ServiceError(f"several tickets: write {_choice(found)}")
            one = found[0]
            why = explain(session, actor, one.connection, one.number, model=bridge.model_id, encode=encode)
    if as_json:
        print_json(asdict(why))
        return
    for line in _lines(why):
        say(line)


def search(ctx: typer.Context, words: Words, as_json: AsJson = False, as_name: AsName = None) -> None:
    """Issues and tickets by words and by meaning."""
    with opened(ctx.obj) as bridge:
        actor, encode = actor_of(bridge, as_name), _encoder(bridge)
        with bridge.db.read() as session:
            found = look_up(session, actor, " ".join(words), at=now(), encode=encode, wait=True)
    if as_json:
        print_json(asdict(found))
        return
    for line in _found(found):
        say(line)


def name(
    ctx: typer.Context,
    id_: Id,
    title: Annotated[str | None, typer.Argument(help="The title that people shall see.")] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Ask the model of [titles] for one.")] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Take the suggestion.")] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Drop the suggestion.")] = False,
    reason: Reason = None,
    as_name: AsName = None,
) -> None:
    """Name an issue; or ask a model for a title, which a person accepts or declines."""
    if sum((title is not None, suggest, accept, decline)) != 1:
        raise ServiceError("write a title, or one of --suggest, --accept and --decline")
    with opened(ctx.obj) as bridge:
        actor, wanted = actor_of(bridge, as_name), _issue(id_)
        if suggest:
            say(_suggest(bridge, actor, wanted))
            return
        with bridge.db.write() as session:
            if decline:
                titles.decline(session, actor, wanted, at=now())
                say("the suggestion is dropped")
                return
            if title is not None:
                found = titles.rename(session, actor, wanted, title, at=now(), reason=reason)
            else:
                found = titles.accept(session, actor, wanted, at=now())
    say(f"{display_id(found.id or 0)} is called {found.title!r} now; the model leaves it so")


def _suggest(bridge: Bridge, actor: Actor, cluster_id: int) -> str:
    """Ask, check, keep. No database is held while the model thinks; what goes wrong is a note."""
    chat = bridge.title_model()
    if chat is None:
        raise ServiceError("nobody can be asked: set `endpoint` and `model` in section [titles] of config.toml")
    with bridge.db.read() as session:
        sent, middle = titles.quotes_to_send(session, actor, cluster_id, model=bridge.model_id)
    if not sent:
        return "there is no text that could be sent"
    try:
        answer = chat.propose(sent)
    except ConnectorError as error:
        return f"no suggestion: {error}"
    finally:
        chat.close()
    encode = _encoder(bridge)
    if encode is None:
        return "no suggestion: without the embedding model nothing can be compared"
    title, why = titles.checked(answer, sent, middle, encode, bridge.settings.titles.min_likeness)
    if why is not None:
        return f"no suggestion: the model's answer is dropped, {why}"
    with bridge.db.write() as session:
        kept = titles.keep(session, actor, cluster_id, title, bridge.settings.titles.model, at=now())
    return f"suggested: {title!r}; --accept or --decline it" if kept else "no suggestion: the title stays as it is"


def _encoder(bridge: Bridge) -> Encode | None:
    """None without a model: then words count only."""
    try:
        embedder = bridge.load_embedder()
    except ModelError as error:
        say(f"by words only: {error}")
        return None

    def encode(text: str) -> tuple[str, Vectors]:
        return embedder.model_id, embedder.encode([text])[0]

    return encode


def _issue(text: str) -> int:
    try:
        return parse_cluster_id(text)
    except ValueError as error:
        raise ServiceError(str(error)) from None


def _choice(found: tuple[object, ...]) -> str:
    return " or ".join(f"{one.connection}:{one.number}" for one in found)  # type: ignore[attr-defined]


def _lines(why: Explanation) -> list[str]:
    out = [f"{why.number} is in {why.issue}: {why.title}", why.placed]
    if why.alike:
        out.append(f"Against the middle of the issue's other tickets: {why.alike}")
    if why.words:
        out.append(f"Shared words: {', '.join(why.words)}")
    out += [f"Tells: {part.text}" for part in why.parts if part.tells]
    for one in why.nearest:
        both = f"; both say {', '.join(one.words)}" if one.words else ""
        out.append(f"Nearest: {one.connection}:{one.number} {one.subject} ({one.alike}{both})")
    out += [f"Also speaks of: {one.issue} {one.title}" for one in why.also]
    if why.runner_up:
        out.append(f"Next like: {why.runner_up.issue} {why.runner_up.title} ({why.runner_up.margin})")
    return out


def _found(found: Found) -> list[str]:
    out = [f"{one.connection}:{one.number}" for one in found.tickets] + ([found.issue] if found.issue else [])
    out += [f"{hit.issue}  {hit.title} ({hit.state_word})" for hit in found.hits]
    out += [
        f"{one.connection}:{one.number}  {one.subject}: {one.excerpt} ({one.issue or 'no issue'})" for one in found.said
    ]
    return out or ["nothing matches these words"]
