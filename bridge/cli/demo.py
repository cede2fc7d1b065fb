"""``bridge demo``: a stranger's first look."""

from __future__ import annotations

from pathlib import Path

import typer
from sqlmodel import select

from bridge.bootstrap import workspace_key
from bridge.cli.clusters import show_rows
from bridge.cli.output import progress, say, show_report, table
from bridge.cli.workspace import now, opened, unchecked
from bridge.demo.play import CONFIG, TRACKER, Outcome, lay_out, play
from bridge.demo.sign_ins import sign_ins
from bridge.progress import StepReport
from bridge.service.access import Actor
from bridge.service.errors import ServiceError
from bridge.service.reading import list_clusters
from bridge.service.seeds import seed
from bridge.settings import CONFIG_NAME
from bridge.store.access import User
from bridge.store.migrate import upgrade
from bridge.words import Role

app = typer.Typer(add_completion=False)

DEFAULT_HOME = Path("demo-workspace")


@app.command()
def demo(ctx: typer.Context) -> int:
    """Run the whole loop on about 1,200 tickets of a company that does not exist, with nothing but this program.

    Without --home it makes the folder demo-workspace. A second run does every step and finds nothing left to do.
    """
    home: Path = ctx.obj if ctx.obj != Path() else DEFAULT_HOME
    _prepare(home)
    with opened(home) as bridge, progress(shown=True) as show:
        say("laying out the sample: accounts, suppliers, tickets")
        sample = lay_out(bridge, home, now())

        failed: list[StepReport] = []

        def tell(report: StepReport) -> None:
            show_report(report)
            failed.extend([] if report.ok else [report])

        outcome = play(bridge, sample, progress=show, tell=tell, now=now)
        with bridge.db.read() as session:
            rows, hidden = list_clusters(session, Actor("demo", Role.ADMIN), limit=20, thin=False)
        with bridge.db.write() as session:
            doors = sign_ins(session, home)
            people = {user.name: Role(user.role) for user in session.exec(select(User))}
    show_rows(rows)
    say(f"{hidden} more tickets and small issues have thin evidence: `bridge --home {home} clusters list --all`")
    _closing(home, outcome, doors, people)
    return 1 if failed else 0


def _prepare(home: Path) -> None:
    path = home / CONFIG_NAME
    if path.exists() and path.read_text(encoding="utf-8") != CONFIG:
        raise ServiceError(f"{home} is a workspace of your own: run the demo in another folder by --home")
    home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(CONFIG, encoding="utf-8")
    with unchecked(home) as bridge:
        upgrade(bridge.db)
        workspace_key(home)
        own = bridge.settings.workspace
        with bridge.db.write() as session:
            seed(session, currency=own.currency, internal_domains=own.internal_domains, at=now())


def show_sign_ins(doors: dict[str, str], people: dict[str, Role]) -> None:
    """``doors``: name -> password; ``people``: name -> role."""
    table(("role", "name", "password"), [(people[name], name, phrase) for name, phrase in doors.items()])


def _closing(home: Path, outcome: Outcome, doors: dict[str, str], people: dict[str, Role]) -> None:
    q = outcome.quality
    say(
        f"grouping against the known truth: {q.clusters} issues and singles from {q.n} tickets; "
        f"{q.found:.0%} of the true issues found; {q.wrong_merge_rate:.1%} of merged pairs are wrong"
    )
    say(f"published issues: {outcome.published} files in {home / TRACKER}")
    say(f"delivered remedies: {outcome.told} notes in {home / 'remedies.jsonl'}")
    say("")
    say(f"Open it in a browser: `bridge --home {home} up`, then sign in as one of these:")
    show_sign_ins(doors, people)
    say("")
    say("What next, with your own help desk:")
    say("  bridge --home my-company init")
    say("  bridge --home my-company import accounts accounts.csv     who your customers are and what they are worth")
    say("  bridge --home my-company import tickets tickets.csv       an export of your help desk, or:")
    say("  edit my-company/config.toml                               connect the help desk and the tracker themselves")
    say("  bridge --home my-company check && bridge --home my-company sync")
