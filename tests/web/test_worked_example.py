"""The worked example of the domain, in a database: command line, API and pages give the same numbers."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.store.accounts import Account, AccountDomain
from bridge.store.clusters import Membership
from bridge.store.memberships import open_cluster
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import bump
from bridge.store.tickets import Ticket
from bridge.words import Role, display_id
from tests.cli.running import inside
from tests.web.api.asking import program
from tests.web.house import House, empty_house

SMALL = tuple(f"s{n}" for n in range(1, 11))
ACCOUNTS: dict[str, tuple[float | None, str, str | None, int | None]] = {
    "acme": (240_000, "premium", "elevated", 60),
    "borealis": (120_000, "premium", "normal", 300),
    "cobalt": (60_000, "standard", "normal", 30),
    "delta": (24_000, "standard", "elevated", None),
    "umbra": (None, "standard", None, None),
    **dict.fromkeys(SMALL, (600, "self_serve", "normal", None)),
}
SHOWN = {"VAT": "99,593", "CSV": "10,800", "SSO": "3,586", "Login": "3,524", "Wording": "28"}
"""In the order of the table, best first."""

Row = tuple[str, str, bool, float, float]
TICKETS: dict[str, list[Row]] = {
    "VAT": [
        ("acme", "urgent", True, 2, 40),
        ("borealis", "urgent", True, 10, 12),
        ("borealis", "urgent", True, 10, 11),
    ],
    "CSV": [(name, "normal", False, 45, 50) for name in ("acme", "borealis", "cobalt")],
    "SSO": [("cobalt", "urgent", True, 1, 60)] * 40,
    "Login": [(name, "high", True, 5, 90 if name in {"s9", "s10"} else 20) for name in ("delta", *SMALL)],
    "Wording": [(name, "low", False, 90, 90) for name in ("umbra", *SMALL) for _ in range(3)],
}


def filled(house: House) -> dict[str, int]:
    """The example as rows, ranked; clusters by name."""
    now, ids, sent = house.loop.clock(), {}, 0
    with house.db.write() as session:
        for name, (arr, tier, band, renewal) in ACCOUNTS.items():
            day = None if renewal is None else (now + timedelta(days=renewal)).date()
            account = Account(
                name=name, arr=arr, expectation_tier=tier, risk_band=band, renewal_date=day, source="test", as_of=now
            )
            session.add(account)
            session.flush()
            session.add(AccountDomain(domain=f"{name}.example", account_id=account.id or 0))
        for title, rows in TICKETS.items():
            ids[title] = open_cluster(session, title, now).id or 0
            for name, priority, is_open, age, first in rows:
                sent += 1
                ticket = Ticket(
                    connection="desk", source_id=f"T-{sent}", subject=title, embed_text="", record_hash="",
                    status="open" if is_open else "closed", priority=priority, requester_domain=f"{name}.example",
                    created_at=now - timedelta(days=first), updated_at=now, last_customer_at=now - timedelta(days=age),
                )  # fmt: skip
                session.add(ticket)
                session.flush()
                place = Membership(ticket_id=ticket.id or 0, cluster_id=ids[title], q=1.0, origin="human", since=now)
                session.add(place)
        plan = RemedyPlan(cluster_id=ids["SSO"], revision=1, approved_revision=1)
        session.add(plan)
        session.flush()
        fields = {"workaround.kind": "full", "workaround.verified_at": "2026-01-01"}
        revision = PlanRevision(
            plan_id=plan.id or 0, revision=1, state="triage", confidence="approved", fields=fields, actor="test", at=now
        )
        session.add(revision)
        bump(session, "tickets")
    assert house.loop.rank().done == len(TICKETS)
    return ids


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_command_line_api_and_pages_give_the_same_numbers(tmp_path: Path) -> None:
    house = empty_house(tmp_path / "home")
    ids = filled(house)
    asked = inside("--home", tmp_path / "home", "export", "ranking", "--json")
    listed = inside("--home", tmp_path / "home", "clusters", "list", "--all", "--json")
    answer = program(house, Role.PRODUCT_MANAGER).get("/ranking").get_json()
    clusters = asked.json["clusters"]

    assert [c["title"] for c in clusters] == list(SHOWN)
    assert [f"{c['score']:,.0f}" for c in clusters] == list(SHOWN.values())
    assert text(answer["clusters"]) == text(clusters)
    assert answer["snapshot"] == asked.json["snapshot"] == 1
    assert [row["score"] for row in listed.json["clusters"]] == [c["score"] for c in clusters]
    then = inside("--home", tmp_path / "home", "clusters", "list", "--snapshot", 1, "--json")
    assert text(then.json["clusters"]) == text(clusters)

    client = house.client(Role.PRODUCT_MANAGER)
    page = client.get("/issues").get_data(as_text=True)
    api = program(house, Role.PRODUCT_MANAGER).get("/clusters").get_json()
    assert api["total"] == len(SHOWN)
    for name, amount in SHOWN.items():
        assert amount in page
        assert amount in client.get(f"/issues/{display_id(ids[name])}", follow_redirects=True).get_data(as_text=True)
    house.bridge.db.dispose()


def test_an_old_ranking_is_asked_for_by_date(tmp_path: Path) -> None:
    house = empty_house(tmp_path / "home")
    filled(house)
    before = program(house, Role.PRODUCT_MANAGER).get("/ranking").get_json()
    instant = house.loop.clock()
    house.loop.clock.pass_(3600)
    with house.db.write() as session:
        session.get_one(Account, 1).arr = 1.0
        bump(session, "accounts")
    house.loop.rank()
    asks = program(house, Role.PRODUCT_MANAGER)

    later = asks.get("/ranking").get_json()
    assert later["snapshot"] == 2
    assert later["clusters"][0]["score"] != before["clusters"][0]["score"]
    for query in ({"as_of": instant.isoformat()}, {"snapshot": 1}):
        then = asks.get("/ranking", query_string=query).get_json()
        assert [c["score"] for c in then["clusters"]] == [c["score"] for c in before["clusters"]]
        assert text([c["contributions"] for c in then["clusters"]]) == text(
            [c["contributions"] for c in before["clusters"]]
        )
    assert asks.get("/ranking", query_string={"config_version": 9}).status_code == 404
    assert asks.get("/ranking", query_string={"snapshot": 9}).status_code == 404
    house.bridge.db.dispose()
