"""Personal data planted wherever a ticket, a tracker or an error can carry it is nowhere after whole syncs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, select
from sqlmodel import select as select_rows

from bridge.analysis.intake import Reading, prepare, record_hash
from bridge.demo.sample import write_sample
from bridge.store.clusters import Cluster, Membership
from bridge.store.db import Database
from bridge.store.tickets import SetAside, Ticket
from connectors.files_desk import FilesDesk, FilesOptions
from tests.canaries import KINDS, Canaries
from tests.cli.running import environment
from tests.connectors.fake_api import FakeApi, Reply, Request
from tests.connectors.redmine.fake import KEY, FakeRedmine
from tests.connectors.request_tracker.fake import TOKEN, FakeRequestTracker

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
THEMES = (
    "The PDF of the invoice cannot be downloaded since the update",
    "Login with single sign-on ends in an endless loop",
    "The address label is printed too far to the left",
)
COLUMNS = (
    *("id", "created_at", "subject", "body", "requester", "status", "priority", "group", "assignee", "channel"),
    *("language", "tags", "url", "csat", "account", "note"),
)
CONFIG = """\
[publish]
mode = "automatic"
tracker = "redmine"
[publish.bar]
top = 20
min_accounts = 1
[deliver]
first_retry = 0.0
max_attempts = 1
[connections.exports]
type = "files"
path = "exports"
notes = "remedies.jsonl"
[connections.desk]
type = "request_tracker"
base_url = "{desk}"
allow_http = true
allow_private_networks = ["127.0.0.0/8"]
[connections.desk.remedy_fields]
"Linked Issue" = "{{issue}}"
[connections.broken]
type = "request_tracker"
base_url = "{broken}"
allow_http = true
allow_private_networks = ["127.0.0.0/8"]
[connections.redmine]
type = "redmine"
base_url = "{redmine}"
allow_http = true
allow_private_networks = ["127.0.0.0/8"]
project = "shop"
"""
DRIVER = """\
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s %(message)s")
from bridge.cli.app import main
import connectors.files_desk as files_desk
from connectors.base import Permanent
home, faults, commands = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
whole = files_desk.FilesDesk.pull_tickets
def failing(error):
    def pull(self, cursor):
        yield from ()
        raise error
    return pull
kinds = {"permanent": Permanent, "unforeseen": KeyError}
for command in commands:
    files_desk.FilesDesk.pull_tickets = whole
    if command[0] in kinds:
        files_desk.FilesDesk.pull_tickets = failing(kinds[command[0]](faults[command[0]]))
        command = command[1:]
    try:
        main(["--home", home, *command])
    except SystemExit as end:
        print("EXIT", end.code, *command, flush=True)
"""


@dataclass
class World:
    """Both sides of the bridge, and everything that the bridge may have written to."""

    home: Path
    database_url: str
    canaries: Canaries
    desk: FakeRequestTracker
    redmine: FakeRedmine
    broken: FakeApi
    said: list[str] = field(default_factory=list)

    def run(self, *commands: str, faults: dict[str, str] | None = None) -> str:
        """All in one process, with the log of every library on standard error."""
        words = [command.split("|") if "|" in command else command.split() for command in commands]
        env = {
            "BRIDGE__DATABASE__URL": self.database_url,
            "BRIDGE__CONNECTIONS__DESK__TOKEN": TOKEN,
            "BRIDGE__CONNECTIONS__BROKEN__TOKEN": TOKEN,
            "BRIDGE__CONNECTIONS__REDMINE__API_KEY": KEY,
        }
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, str(self.home), json.dumps(faults or {}), json.dumps(words)],
            env=environment(env),
            cwd=self.home,
            capture_output=True,
            timeout=400,
            check=False,
        )
        out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        self.said += [out, err]
        assert done.returncode == 0, err[-3000:]
        return out

    def traces(self) -> Iterator[tuple[str, str]]:
        """Where a canary could have come to, and what stands there."""
        yield "output and logs", "\n".join(self.said)
        for path in sorted(self.home.rglob("*")):
            if path.is_file() and "exports" not in path.parts and path.suffix != ".csv":
                yield path.name, path.read_bytes().decode("latin-1")
        yield "database", dump(self.database_url)
        sent = [request for fake in (self.redmine, self.desk) for request in fake.api.requests]
        for request in (*sent, *self.broken.requests):
            yield f"{request.method} {request.path}", f"{request.path} {request.query} {request.body!r}"


def dump(url: str) -> str:
    """Every column of every row of every table."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        tables = MetaData()
        tables.reflect(engine)
        with engine.connect() as connection:
            return "\n".join(
                repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
                for table in tables.sorted_tables
                for row in connection.execute(select(table))
            )
    finally:
        engine.dispose()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    canaries, home = Canaries(), tmp_path / "W"
    (home / "exports").mkdir(parents=True)
    desk, redmine, broken = FakeRequestTracker(), FakeRedmine(), FakeApi()
    with desk.api, redmine.api, broken:
        config = CONFIG.format(desk=desk.api.url, redmine=redmine.api.url, broken=broken.url)
        (home / "config.toml").write_text(config, encoding="utf-8")
        yield World(home, database_url, canaries, desk, redmine, broken)


def csv_text(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def export_rows(canaries: Canaries) -> list[dict[str, str]]:
    """A row a place: in the text that will be quoted, and in every loose field."""

    def row(number: int, **values: str) -> dict[str, str]:
        theme = THEMES[number % len(THEMES)]
        at = (AT + timedelta(hours=number)).isoformat()
        return {"id": f"E-{number}", "created_at": at, "subject": theme, "body": f"{theme}, please help.", **values}

    rows = [row(n, requester=f"Robin <{canaries.value('email', 'requester')}>") for n in range(9)]
    rows += [row(n, body=f"{THEMES[n % 3]}. {canaries.of_every_kind('plain body')}") for n in range(9, 15)]
    rows.append(row(15, subject=f"{THEMES[0]} {canaries.of_every_kind('subject')}"))
    rows.append(row(16, body=html(THEMES[1], canaries)))
    rows += [
        row(17 + n, **{name: canaries.value(kind, name)})
        for n, (name, kind) in enumerate(
            (name, kind)
            for name in ("status", "priority", "group", "assignee", "channel", "language", "tags", "csat", "account")
            for kind in ("email", "phone")
        )
    ]
    address = canaries.value("email", "url").replace("@", "%40")
    rows.append(row(40, url=f"https://desk.example/t/40?who={address}&token={canaries.value('key', 'url')}"))
    rows.append(row(41, tags=";".join(canaries.value(kind, "tags") for kind in KINDS)))
    rows.append(row(42, note=canaries.of_every_kind("unknown column")))
    return rows


def html(theme: str, canaries: Canaries) -> str:
    address = canaries.value("email", "HTML entities").replace("@", "&#64;").replace(".", "&#46;")
    return (
        f"<div><p>{theme}</p><p>{canaries.of_every_kind('HTML text')}</p>"
        f"<a href='mailto:{canaries.value('email', 'href')}'>mail</a><img alt='{canaries.told('phone', 'alt')}' src='x'>"
        f"<p>{address}</p><!-- {canaries.told('card', 'comment')} -->"
        f"<blockquote>{canaries.of_every_kind('HTML quote')}</blockquote></div>"
    )


def malformed_csv(canaries: Canaries) -> str:
    """Each row is set aside for another reason; the last swallows what follows."""

    def say(place: str) -> str:
        return canaries.of_every_kind(f"malformed CSV, {place}")

    lines = [
        "id,created_at,subject,body",
        f"M-1,{canaries.value('email', 'malformed CSV, time')},no time,{say('no time')}",
        f"M-2,2026-05-04T08:00:00,no offset,{say('no offset')}",
        f",2026-05-04T08:00:00Z,no id,{say('no id')}",
        f"M-3,2026-05-04T08:00:00Z,too many,{say('fields')},a,b",
        f"{say('too few')}",
        f"M-4,2026-05-04T08:00:00Z,too long,{say('too long')}{'x' * (2 << 20)}",
        f'M-5,2026-05-04T08:00:00Z,"open quote,{say("open quote")}',
        f'M-6,2026-05-04T08:00:00Z,loose,"{say("loose")}" tail,x',
    ]
    return "\n".join(lines) + "\n"


def json_lines(canaries: Canaries) -> str:
    def say(place: str) -> str:
        return canaries.of_every_kind(f"JSON, {place}")

    def address(place: str) -> str:
        return canaries.value("email", f"JSON, {place}")

    known = {"created_at": AT.isoformat(), "subject": THEMES[2]}
    deep: object = say("deep")
    for _ in range(80):
        deep = [deep]
    lines = [
        json.dumps(
            {**known, "id": "J-1", "custom": {address("key"): say("value"), "list": [say("list"), {"x": say("leaf")}]}}
        ),
        json.dumps(
            {
                **known,
                "id": "J-2",
                address("column"): "1",
                "deep": deep,
                "card": int(canaries.value("card", "number").replace(" ", "").replace("-", "")),
            }
        ),
        json.dumps(
            {
                **known,
                "id": "J-3",
                "requester": {"name": address("requester")},
                "tags": [say("tag")],
                "body": say("body"),
            }
        ),
        json.dumps([say("no object")]),
        json.dumps(say("text")),
        '{"id": "J-4", "subject": "' + say("cut off"),
        '{"id": "J-5", "n": NaN, "subject": "' + say("NaN") + '"}',
        json.dumps({"id": "J-6", "created_at": address("time"), "subject": say("no time")}),
        json.dumps({**known, "id": "J\ud8006", "subject": say("half a character")}),
        json.dumps({**known, "id": "J-7", "subject": say("escaped")}).replace("@", "\\u0040"),
    ]
    return "\n".join(lines) + "\n"


def fill_desk(desk: FakeRequestTracker, canaries: Canaries) -> None:
    owner = canaries.value("email", "owner's name")
    desk.add_user(owner, staff=True, number=77, EmailAddress=owner)
    for number in range(6):
        theme = THEMES[number % len(THEMES)]
        requestor = canaries.value("email", "requestor")
        desk.add_user(requestor, staff=False, EmailAddress=requestor, RealName="Wilhelmina Canarywing")
        ticket = desk.seed(
            {
                "at": AT.isoformat(),
                "subject": f"{theme} {canaries.of_every_kind('desk subject')}" if number == 0 else theme,
                "body": f"{theme}, says Wilhelmina Canarywing. {canaries.of_every_kind('desk body')}",
                "requestor": requestor,
                "owner": owner,
                "fields": {
                    "Tags": [canaries.value("email", "desk tag")],
                    "Linked Issue": [canaries.told("key", "desk field")],
                },
            }
        )
        desk.seed({"id": ticket["id"], "at": AT.isoformat(), "comment": canaries.of_every_kind("desk comment")})
        desk.seed(
            {"id": ticket["id"], "at": AT.isoformat(), "reply": html(theme, canaries), "content_type": "text/html"}
        )
    canaries.planted["desk: name of a requester"] = ["Canarywing"]


def refuse_with(canaries: Canaries, place: str) -> Reply:
    said = canaries.of_every_kind(place)
    return Reply(422, {"errors": [f"Subject is wrong: {said}"], "message": said, "detail": {said: said}})


def quarrel(world: World) -> None:
    """Every read of one desk, and every write to the others, is refused with an answer that quotes people."""
    world.broken._handle = lambda _request: refuse_with(world.canaries, "refused read")  # type: ignore[method-assign]
    for name, api in (("issue", world.redmine.api), ("note", world.desk.api)):
        whole = api._handle

        def handle(request: Request, name: str = name, whole: object = whole) -> Reply:
            if request.method in {"POST", "PUT"} and not request.path.startswith("/_control/"):
                return refuse_with(world.canaries, f"refused {name}")
            return whole(request)  # type: ignore[operator]

        api._handle = handle  # type: ignore[method-assign]


def make_up(world: World) -> None:
    for api in (world.redmine.api, world.desk.api):
        del api._handle


def test_no_canary_is_anywhere_after_whole_syncs(world: World) -> None:
    canaries, exports = world.canaries, world.home / "exports"
    rows = export_rows(canaries)
    strange = canaries.value("email", "name of a column")
    text = csv_text(rows, COLUMNS).replace(",note\n", f",note {strange}\n", 1)
    (exports / "tickets.csv").write_text(text, encoding="utf-8")
    (exports / "malformed.csv").write_text(malformed_csv(canaries), encoding="utf-8")
    (exports / "tickets.jsonl").write_text(json_lines(canaries), encoding="utf-8")
    bad = f"account,arr\nFeathers,many {canaries.of_every_kind('account row')}\nNest,5\n"
    (world.home / "accounts.csv").write_text(bad, encoding="utf-8")
    fill_desk(world.desk, canaries)
    quarrel(world)
    faults = {kind: f"the answer was {canaries.of_every_kind(f'{kind} error')}" for kind in ("permanent", "unforeseen")}

    world.run(
        "init --yes",
        "import accounts accounts.csv",
        "permanent sync --step pull",
        "unforeseen sync --step pull",
        "status",
        "sync",
        "check",
        "status --json",
        "outbox list",
        faults=faults,
    )
    make_up(world)
    assert_no_leak(world)
    assert_much_was_planted_and_read(world, len(rows))

    dead = outbox_ids(world)
    assert dead, "the refused issues wait for a person"
    world.run(*[f"outbox retry {row}" for row in dead], "sync")
    issues = world.redmine.data["issues"]
    assert issues
    for issue in list(issues.values()):
        world.redmine.seed(
            {"id": issue["id"], "status": "In Progress", "version": 1, "notes": canaries.of_every_kind("comment")}
        )
    world.redmine.data["versions"]["1"]["name"] = f"1.0 {canaries.value('email', 'version')}"
    first = cluster_with_most_tickets(world)
    world.run(
        "sync",
        f"remedy|edit|{first}|--set|say=We are looking into it.",
        f"remedy approve {first} --owner Cordelia",
        "sync",
        "sync",
        "aside list --json",
        "outbox list --all --json",
        "clusters list --all --json",
        f"clusters show {first}",
        f"remedy show {first}",
        "export ranking --json",
        "status",
    )

    notes = (world.home / "remedies.jsonl").read_text(encoding="utf-8")
    assert "We are looking into it." in notes
    assert any("We are looking into it." in part["Content"] for part in world.desk.data["attachments"])
    assert_no_leak(world)


def assert_no_leak(world: World) -> None:
    """A desk that only takes all tags of a ticket at once gets its own back: those are where they came from."""
    found = {where: leaks for where, text in world.traces() if (leaks := world.canaries.leaks(text))}
    told_back = {
        where: [place for place in leaks if not (where.startswith("PUT /REST/2.0/ticket/") and "desk tag" in place)]
        for where, leaks in found.items()
    }

    assert {where: leaks for where, leaks in told_back.items() if leaks} == {}


def assert_much_was_planted_and_read(world: World, rows: int) -> None:
    assert len(world.canaries.planted) > 300
    db = Database(world.database_url)
    try:
        with db.read() as session:
            sources = [t.connection for t in session.exec(select_rows(Ticket))]
            asides = session.exec(select_rows(SetAside)).all()
    finally:
        db.dispose()
    assert sources.count("exports") >= rows
    assert sources.count("desk") == 6
    assert len([row for row in asides if row.connection == "exports"]) >= 12
    assert any("[email]" in row.excerpt for row in asides)
    logs = "\n".join(world.said)
    assert "urllib3" in logs
    assert "KeyError" in logs


def outbox_ids(world: World) -> list[int]:
    out = world.run("outbox list --json")
    return [row["id"] for row in json.loads(out[: out.index("EXIT")])["rows"] if row["state"] == "dead"]


def cluster_with_most_tickets(world: World) -> int:
    db = Database(world.database_url)
    try:
        with db.read() as session:
            query = (
                select_rows(Membership.cluster_id)
                .join(Ticket, Ticket.id == Membership.ticket_id)
                .join(Cluster, Cluster.id == Membership.cluster_id)
                .where(Ticket.connection == "desk", Cluster.approved_at.is_not(None))
            )
            return max(ids := list(session.exec(query)), key=ids.count)
    finally:
        db.dispose()


def test_no_canary_of_the_sample_survives_being_prepared(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    values = sample.canaries.read_text(encoding="utf-8").splitlines()
    desk = FilesDesk(FilesOptions(path=sample.helpdesk))
    reading = Reading(b"secret", desk.status_words, desk.priority_words)
    tickets = [ticket for page in desk.pull_tickets(None) for ticket in page.items]
    stored = []
    for ticket in tickets:
        prepared = prepare(ticket, reading, record_hash(ticket, reading.secret))
        stored.append(repr((prepared.ticket, prepared.messages, prepared.events, prepared.unknown_words)))
    text = "\n".join(stored)

    assert len(tickets) == sample.tickets
    assert len(values) > 200
    assert [value for value in values if value in text] == []
