"""The whole loop between a real Request Tracker and a real Redmine, by the commands that a user types."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.bootstrap import build
from bridge.service import people
from bridge.service.access import Actor
from bridge.service.signing_in import open_session
from bridge.settings.load import load_settings
from bridge.store.db import Database
from bridge.web.app import create_app
from bridge.words import Role, display_id
from tests.loop.ends import check_end
from tests.loop.real import RealSides, Written
from tests.loop.stage import cluster_of, remote_id
from tests.loop.wording import ISSUES, single, wording
from tests.loop.workspace import Ends, Workspace
from tests.services.servers import RedmineServer, RequestTrackerServer

pytestmark = pytest.mark.services

COMPANIES = (
    "Abernathy Anvils", "Bluebell Bearings", "Cobblestone Cargo", "Dapple Dairies", "Elderflower Engines",
    "Foxglove Freight", "Gooseberry Gears", "Hollyhock Hinges", "Ivory Ironworks", "Juniper Joinery",
    "Kestrel Kitchens", "Lavender Logistics",
)  # fmt: skip
SIZES = (20, 18, 16, 14, 12, 12, 10, 10, 8, 8, 7, 5)
REMEDIED = "label"
SAY = "Version 1.0 prints every label in full size. Please update."
MONEY = re.compile(r"\d[\d.,]*\s*(?:EUR|€|k\b)|(?:EUR|€)\s*\d|\b\d{1,3}(?:,\d{3})+\b")
QUIET_AFTER = 4


def domain(account: int) -> str:
    return f"{COMPANIES[account].split()[0].lower()}.test"


def accounts_csv() -> str:
    """Values from 4,000 to 8 million a year, each twice the one before."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["account", "domains", "arr", "currency"])
    for number, name in enumerate(COMPANIES):
        rows.writerow([name, domain(number), 4000 * 2**number, "EUR"])
    return out.getvalue()


def all_tickets() -> list[Written]:
    """150: twelve issues of different sizes, each of three other accounts, every fifth closed; and ten singles."""
    made = [
        Written(wording(issue, number), domain((place + number % 3) % 12), open=number % 5 != 4)
        for place, (issue, size) in enumerate(zip(ISSUES, SIZES, strict=True))
        for number in range(size)
    ]
    return made + [Written(single(number), domain(number)) for number in range(10)]


@pytest.fixture
def sides(request_tracker_server: RequestTrackerServer, redmine_server: RedmineServer) -> RealSides:
    return RealSides(request_tracker_server, redmine_server, "webshop")


@pytest.fixture
def workspace(sides: RealSides, tmp_path: Path) -> Workspace:
    return workspace_of(sides, tmp_path)


def workspace_of(sides: RealSides, tmp_path: Path) -> Workspace:
    desk, tracker = sides.desk, sides.tracker
    keys = desk.tokens["bridge"], tracker.keys["BRIDGE_KEY"]
    made = Workspace(
        tmp_path / "home", Ends(desk.url, keys[0], tracker.url, keys[1], sides.queue, sides.project, timeout=30)
    )
    made.write_config()
    (tmp_path / "accounts.csv").write_text(accounts_csv(), "utf-8")
    return made


@pytest.fixture
def db(workspace: Workspace) -> Iterator[Database]:
    made = Database(workspace.url)
    yield made
    made.dispose()


def test_the_loop_runs_between_real_servers(sides: RealSides, workspace: Workspace, db: Database) -> None:
    written = all_tickets()
    tickets = sides.load(written)
    mails = mails_to_customers(sides)
    workspace.command("init", "--yes")
    workspace.command("import", "accounts", str(workspace.home.parent / "accounts.csv"))
    assert "error" not in workspace.command("sync")
    check_issues(sides, workspace)

    cluster = cluster_of(db, REMEDIED)
    sides.release(remote_id(db, cluster), "1.0")
    workspace.command("sync")
    suggested = workspace.json("remedy", "show", f"IB-{cluster}")["newest"]
    assert (suggested["state"], suggested["confidence"]) == ("released", "draft")
    assert suggested["fields"]["fix_version"] == "1.0"
    assert notes_by_ticket(sides, tickets) == {}
    workspace.command("remedy", "edit", f"IB-{cluster}", "--set", f"say={SAY}")
    workspace.command("remedy", "approve", f"IB-{cluster}", "--owner", "Ada Product")
    workspace.command("sync")
    owed = {
        number
        for number, ticket in zip(tickets, written, strict=True)
        if ticket.words.issue == REMEDIED and ticket.open
    }
    check_told(sides, tickets, owed)
    assert mails_to_customers(sides) == mails

    [joiner] = sides.load([Written(wording(REMEDIED, 0), domain(3))])
    mails = mails_to_customers(sides)
    workspace.command("sync")
    check_told(sides, [*tickets, joiner], owed | {joiner})
    check_nothing_moves(sides, workspace, [*tickets, joiner])
    check_end(db, sides.world([*tickets, joiner]))
    assert mails_to_customers(sides) == mails


def mails_to_customers(sides: RealSides) -> int:
    domains = {domain(number) for number in range(len(COMPANIES))}
    return sum(any(to.rpartition("@")[2] in domains for to in mail.recipients) for mail in sides.desk.mail.mails)


def check_issues(sides: RealSides, workspace: Workspace) -> None:
    """One issue a published cluster, created in rank order, with priority by rank, and nothing that must not leave."""
    listed = workspace.json("clusters", "list", "--all", "--limit", "200")["clusters"]
    published = sorted((row for row in listed if row["published"]), key=lambda row: row["rank"])
    issues = sides.issues()
    world = sides.world([])
    assert len(world.issues) == len(issues) == len(published) >= len(ISSUES) - 1
    by_title = {issue["subject"]: issue for issue in issues.values()}
    in_order = [by_title[row["title"]] for row in published]
    numbers = [issue["id"] for issue in in_order]
    assert numbers == sorted(numbers)
    levels = sides.priorities()
    default = next(level["id"] for level in levels if level.get("is_default"))
    for row, issue in zip(published, in_order, strict=True):
        expected = levels[-1]["id"] if row["rank"] <= 3 else levels[-2]["id"] if row["rank"] <= 10 else default
        assert issue["priority"]["id"] == expected, (row["rank"], issue["priority"])
        check_discreet(issue)


def check_discreet(issue: dict[str, Any]) -> None:
    text = issue["subject"] + "\n" + issue["description"]
    said = [sentence for _, bodies in ISSUES.values() for sentence in bodies]
    leaks = [name for name in (*COMPANIES, *(domain(n) for n in range(12)), "user@", *said) if name in text]
    assert leaks == []
    assert MONEY.search(text) is None, text


def notes_by_ticket(sides: RealSides, tickets: list[str]) -> dict[str, list[str]]:
    return {ticket: notes for ticket in tickets if (notes := sides.notes(ticket))}


def check_told(sides: RealSides, tickets: list[str], owed: set[str]) -> None:
    """Exactly one note with the remedy, and the tag, in each of these and in no other."""
    notes = notes_by_ticket(sides, tickets)
    assert {ticket: len(texts) for ticket, texts in notes.items()} == dict.fromkeys(owed, 1)
    assert all(SAY in text for texts in notes.values() for text in texts)
    assert {sides.tags(ticket) for ticket in owed} == {("bridge-released",)}


def check_nothing_moves(sides: RealSides, workspace: Workspace, tickets: list[str]) -> None:
    """What we wrote ourselves is read back once; from then on a sync does nothing, there or here."""
    for _ in range(QUIET_AFTER):
        if done(workspace) == 0:
            break
    before = {ticket: len(sides.transactions(ticket)) for ticket in tickets}
    issues = sides.issues()
    assert [done(workspace), done(workspace)] == [0, 0]
    assert {ticket: len(sides.transactions(ticket)) for ticket in tickets} == before
    assert sides.issues() == issues


def done(workspace: Workspace) -> int:
    steps = json.loads(workspace.command("sync", "--json"))["steps"]
    return sum(step["done"] for step in steps)


def test_forty_tickets_of_a_small_account_do_not_outrank_two_of_a_premium_one(
    request_tracker_server: RequestTrackerServer, redmine_server: RedmineServer, tmp_path: Path
) -> None:
    """Seen on the page, after a full sync from the real help desk."""
    sides = RealSides(request_tracker_server, redmine_server, "wares")
    workspace = workspace_of(sides, tmp_path)
    loud = [Written(wording("calendar", number), domain(0)) for number in range(40)]
    dear = [Written(wording("invoice", number), domain(11)) for number in range(2)]
    others = [Written(single(number), domain(5)) for number in range(10)]
    sides.load([*loud, *dear, *others])
    workspace.command("init", "--yes")
    workspace.command("import", "accounts", str(tmp_path / "accounts.csv"))
    workspace.command("sync")
    db = Database(workspace.url)
    try:
        places = places_on_the_page(workspace)
        calendar, invoice = (display_id(cluster_of(db, issue)) for issue in ("calendar", "invoice"))
    finally:
        db.dispose()

    assert places.index(invoice) < places.index(calendar)
    rows = {row["id"]: row for row in workspace.json("clusters", "list", "--all", "--limit", "50")["clusters"]}
    assert (rows[invoice]["tickets"], rows[calendar]["tickets"]) == (2, 40)
    assert rows[invoice]["rank"] < rows[calendar]["rank"]


def places_on_the_page(workspace: Workspace) -> list[str]:
    """The issues in the order in which a product manager's page shows them."""
    bridge = build(load_settings(workspace.home, workspace.secrets))
    at = datetime.now(UTC)
    with bridge.db.write() as session:
        user, _ = people.add_user(session, Actor("a test", Role.ADMIN), "Ada Product", Role.PRODUCT_MANAGER, at=at)
        sid = open_session(session, user, "test", at=at, lives=timedelta(hours=1))
    client = create_app(bridge).test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = sid
    page = client.get("/issues").get_data(as_text=True)
    bridge.db.dispose()
    return list(dict.fromkeys(re.findall(r"/issues/(IB-\d+)\"", page)))
