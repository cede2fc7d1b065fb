"""``bridge grouping``: how tickets are grouped, and what people are asked about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from bridge.cli.clusters_review import issue_id
from bridge.cli.output import print_json, say, table
from bridge.cli.workspace import AsJson, AsName, Limit, Reason, actor_of, now, opened
from bridge.service import answering, grouping_state, questions
from bridge.service import granularity as dial
from bridge.service.errors import ServiceError
from bridge.words import Granularity

app = typer.Typer(no_args_is_help=True, add_completion=False)

Ids = Annotated[list[str], typer.Argument(metavar="ID [ID]", help="Two issues to merge, or one to split.")]


@app.command()
def show(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """When tickets were last grouped, what came of it, how sure it is."""
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        found = grouping_state.state(session, actor_of(bridge, as_name), model=bridge.model_id)
    if as_json:
        print_json(asdict(found))
        return
    sure = found.calibration
    say(f"grouped {found.chosen.granularity.value}, last {found.grouped_at or 'never'}, model {found.model}")
    say(f"{found.tickets} tickets in {found.issues} issues and {found.singles} singles; {found.unplaced} wait")
    say(
        f"{found.confirmed} confirmed by people, {found.automatic} automatic, {found.review} to review, {found.new} new"
    )
    said = "percentages are shown" if sure.percentages else "until percentages are shown"
    say(f"{sure.answers} of {sure.needed} answers about tickets: {said}")


@app.command()
def effect(ctx: typer.Context, as_json: AsJson = False, as_name: AsName = None) -> None:
    """What each setting would change. Takes some seconds, changes nothing."""
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        found = dial.effect(session, actor_of(bridge, as_name), model=bridge.model_id)
    if as_json:
        print_json(asdict(found))
        return
    rows = [
        (f"{s.granularity.value}{' (now)' if s.present else ''}", s.issues, s.singles, s.moved, s.top_changed)
        for s in found.settings
    ]
    table(("setting", "issues", "singles", "would move", "top 20 changed"), rows, right=("issues", "singles"))
    for setting in found.settings:
        for example in setting.examples:
            say(f"{setting.granularity.value}: {example}")
    say(f"tried on {found.tickets} of {found.all_tickets} tickets; {found.kept} stay in every setting")


@app.command()
def use(ctx: typer.Context, granularity: Granularity, reason: Reason = None, as_name: AsName = None) -> None:
    """Group coarse, balanced or strict from the next nightly grouping on."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            dial.choose(session, actor, granularity, reason or "", at=now())
    say(f"grouped {granularity.value} from tonight on; `bridge grouping now` does not wait")


@app.command("now")
def now_(ctx: typer.Context, as_name: AsName = None) -> None:
    """Have the worker group all tickets anew now."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            dial.regroup(session, actor, at=now())
    say("the worker groups all tickets as soon as it runs")


@app.command("questions")
def questions_(ctx: typer.Context, limit: Limit = 10, as_json: AsJson = False, as_name: AsName = None) -> None:
    """What is asked about issues, the question that teaches most first."""
    with opened(ctx.obj) as bridge, bridge.db.read() as session:
        actor = actor_of(bridge, as_name)
        found = questions.lines(session, actor, now(), model=bridge.model_id, limit=limit)
    if as_json:
        print_json({"questions": [asdict(line) for line in found]})
        return
    if not found:
        say("nothing to ask")
        return
    rows = [(line.kind, " ".join(line.issues), " ".join(map(str, line.tickets)), f"{line.alike:.2f}") for line in found]
    table(("question", "id", "tickets", "alike"), rows, right=("tickets", "alike"))
    say("answer: bridge grouping answer merge IB-1 IB-2 yes|no|later, bridge grouping answer split IB-3 yes|no|later")


@app.command("answer")
def answer_(
    ctx: typer.Context,
    kind: Annotated[Literal["merge", "split"], typer.Argument(help="Which question.")],
    ids: Ids,
    as_name: AsName = None,
) -> None:
    """Answer a question: the last word is yes, no or later."""
    *named, said = ids
    if said not in ("yes", "no", "later") or len(named) != (2 if kind == "merge" else 1):
        raise ServiceError(f"write the {'two issues' if kind == 'merge' else 'issue'}, then yes, no or later")
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        wanted = [issue_id(text) for text in named]
        with bridge.db.write() as session:
            if said == "later":
                answering.skip(session, actor, kind, wanted, at=now())
                say("asked again in a day")
                return
            reply = answering.Reply(kind, wanted, said == "yes")
            done = answering.answer(session, actor, reply, at=now(), model=bridge.model_id)
    say(f"{done.words} `bridge grouping undo {done.answer}` takes it back")


@app.command()
def undo(
    ctx: typer.Context,
    answer: Annotated[int, typer.Argument(help="The number that `grouping answer` said.")],
    as_name: AsName = None,
) -> None:
    """Take an answer back with what it did."""
    with opened(ctx.obj) as bridge:
        actor = actor_of(bridge, as_name)
        with bridge.db.write() as session:
            said = answering.take_back(session, actor, answer, at=now())
    say(said)
