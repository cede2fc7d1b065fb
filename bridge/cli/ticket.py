"""``bridge ticket``: the agent card in a terminal."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from bridge.cli.output import print_json, say
from bridge.cli.workspace import AsJson, AsName, actor_of, now, opened
from bridge.service.card import card, issue_card
from bridge.service.card_scope import unknown_ticket
from bridge.service.card_view import Card
from bridge.service.errors import ServiceError
from bridge.service.lookup import Found, look_up
from bridge.web import card_lines as lines
from bridge.words import parse_cluster_id

app = typer.Typer(add_completion=False)

Id = Annotated[str, typer.Argument(metavar="ID", help="A ticket's number, CONNECTION:NUMBER, its address, or IB-12.")]


@app.command()
def ticket(ctx: typer.Context, id_: Id, as_json: AsJson = False, as_name: AsName = None) -> None:
    """What support may tell the customer of this ticket now."""
    with opened(ctx.obj) as bridge:
        actor, at = actor_of(bridge, as_name), now()
        with bridge.db.read() as session:
            found = look_up(session, actor, id_, at=at)
            if found.issue:
                shown = issue_card(session, actor, parse_cluster_id(found.issue), at=at)
            else:
                one = _only(found, id_)
                shown = card(session, actor, *one, at=at)
    if as_json:
        print_json(asdict(shown))
        return
    for line in _card(shown):
        say(line)


def _only(found: Found, id_: str) -> tuple[str, str]:
    if not found.tickets:
        raise unknown_ticket(id_)
    if len(found.tickets) > 1:
        named = " or ".join(f"{one.connection}:{one.number}" for one in found.tickets)
        raise ServiceError(f"several connections have a ticket {id_}: ask for {named}")
    return found.tickets[0].connection, found.tickets[0].number


def _card(shown: Card) -> list[str]:
    """Part by part in the card's order."""
    at, lamp = now(), shown.lamp
    out = [
        f"{lamp.word} ({lamp.light}): {lamp.permission}",
        lines.light_line(lamp, at, len(shown.suggestions), shown.doubt),
    ]
    out += lines.notices(shown, at)
    out += ["", f"Tell the customer ({lines.say_line(shown.say)}):", f"  {shown.say.text}", ""]
    if shown.issue is None or shown.why is None:
        return [*out, *_suggested(shown)]
    fits = lines.fits_line(shown.workaround)
    out.append(f"Workaround: {lines.workaround_text(shown.workaround)}{f' ({fits})' if fits else ''}")
    out.append(f"Fix: {shown.fix}")
    out.append(f"Not for the customer: {shown.caution}")
    out.append(f"Why {shown.issue}: {', '.join(filter(None, (shown.why.title, lines.why_line(shown.why))))}")
    out.append(f"Escalate to: {shown.escalate}")
    return out + ([lines.said_line(shown.said, at)] if shown.said else [])


def _suggested(shown: Card) -> list[str]:
    if not shown.suggestions:
        return ["Nothing looks alike; the next sync looks again."]
    return [
        f"{one.issue}: {one.title} ({one.state_word}), matched on {', '.join(one.words) or 'meaning'}"
        for one in shown.suggestions
    ]
