"""Companies that no account claims: what is at stake there, who they are, and what follows from saying so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.analysis.requesters import Verdict
from bridge.ranked import records
from bridge.service import accounts, strangers
from bridge.service.access import Actor, Forbidden
from bridge.service.account_import import import_accounts
from bridge.service.errors import ServiceError, UnknownId
from bridge.store.accounts import Account, AccountDomain
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, ticket

CSM = Actor("C. Care", Role.CSM)
ADA = Actor("ada", Role.ADMIN)


@pytest.fixture
def loop(db: Database) -> Loop:
    """Five tickets of two strange companies, one of a lone person, one of an account."""
    made = Loop(db)
    made.account("Acme", 240_000.0, "acme.example")
    made.put(
        ticket("1", requester="a@foo.example", account="Foo GmbH"),
        ticket("2", requester="b@foo.example"),
        ticket("3", requester="c@foo-int.example", account=" FOO gmbh "),
        ticket("4", requester="d@bar.example", status="solved"),
        ticket("5", requester="e@gmail.com"),
        ticket("6", requester="f@acme.example"),
    )
    made.pull()
    made.cluster("Login fails", "1", "2", "3", "4", "5")
    made.cluster("Slow", "6")
    made.rank()
    return made


def look(loop: Loop) -> strangers.Unidentified:
    with loop.db.read() as session:
        return strangers.unidentified(session, PM, at=loop.clock())


def parts(loop: Loop) -> dict[str, float]:
    """Money of the first issue by account."""
    found: dict[str, float] = {}
    with loop.db.read() as session:
        run = strangers.last_run(session)
        assert run is not None
        told = records(session, run)
    for record in told.values():
        for part in record.explanation["contributions"]:
            found[part["account"]] = found.get(part["account"], 0.0) + part["risk_now"] + part["momentum"]
    return found


def test_names_and_domains_of_one_company_are_one_row(loop: Loop) -> None:
    seen = look(loop)
    assert [(one.key, one.domains, one.tickets, one.open_tickets, one.issues) for one in seen.rows] == [
        ("named:foo gmbh", ("foo-int.example", "foo.example"), 3, 3, 1),
        ("domain:bar.example", ("bar.example",), 1, 0, 1),
    ]
    assert seen.rows[0].names == ("FOO gmbh", "Foo GmbH")
    assert seen.rows[0].at_stake
    assert seen.rows[0].at_stake > (seen.rows[1].at_stake or 0.0) > 0
    assert (seen.alone, seen.total, seen.tickets) == (1, 2, 4)
    assert set(parts(loop)) == {"named:foo gmbh", "domain:bar.example", parts_of_alone(loop), "account:1"}


def parts_of_alone(loop: Loop) -> str:
    return next(key for key in parts(loop) if key.startswith("requester:"))


def test_a_domain_with_two_names_is_nobodys(db: Database) -> None:
    loop = Loop(db)
    loop.put(
        ticket("1", requester="a@reseller.example", account="Foo"),
        ticket("2", requester="b@reseller.example", account="Bar"),
        ticket("3", requester="c@reseller.example"),
    )
    loop.pull()
    loop.cluster("Login fails", "1", "2", "3")
    loop.rank()
    assert [one.key for one in look(loop).rows] == ["domain:reseller.example", "named:bar", "named:foo"]


def test_this_is_account_x_ranks_anew_and_survives_an_import(loop: Loop, tmp_path: Path) -> None:
    loop.decide(strangers.resolve, "named:foo gmbh", Verdict.ACCOUNT, "acme")
    assert "named:foo gmbh" not in parts(loop)
    with loop.db.read() as session:
        tickets = accounts.account(session, PM, 1, at=loop.clock()).tickets
    assert {ticket.source_id for ticket in tickets} == {"1", "2", "3", "6"}
    path = tmp_path / "crm.csv"
    path.write_text("account,domains,external_ids\nAcme,acme.example,crm:1\nOther,foo.example,\n", encoding="utf-8")
    loop.decide(import_accounts, path, actor=ADA)
    domains = {row.domain for row in loop.rows(AccountDomain, account_id=1)}
    assert domains == {"acme.example", "foo.example", "foo-int.example"}
    event = loop.rows(Event, kind="account.resolved")[0]
    assert event.after == {
        "verdict": "account", "account": 1, "domains": ["foo-int.example", "foo.example"], "names": 2,
    }  # fmt: skip


def test_new_account_ours_and_free_mail(loop: Loop) -> None:
    loop.decide(strangers.resolve, "domain:bar.example", Verdict.NEW, "Bar Ltd")
    bar = loop.rows(Account, name="Bar Ltd")[0]
    assert (bar.source, f"account:{bar.id}" in parts(loop)) == ("R. Diaz", True)
    assert loop.rows(AccountDomain, account_id=bar.id)[0].said_by == "R. Diaz"
    before = parts_of_alone(loop)
    loop.decide(strangers.resolve, "named:foo gmbh", Verdict.FREE_MAIL)
    seen = look(loop)
    assert {key for key in parts(loop) if key.startswith("requester:")} > {before}
    assert [one.domains for one in seen.rows] == [()], "the name alone is left; its domains are anybody's"
    with pytest.raises(ServiceError, match="without a domain"):
        loop.decide(strangers.resolve, "named:foo gmbh", Verdict.INTERNAL)


def test_our_own_people_hurt_nobody(loop: Loop) -> None:
    loop.decide(strangers.resolve, "domain:bar.example", Verdict.INTERNAL)
    assert "domain:bar.example" not in parts(loop)
    assert [one.key for one in look(loop).rows] == ["named:foo gmbh"]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_everything_can_be_taken_back(loop: Loop, verdict: Verdict) -> None:
    rows, before = look(loop).rows, parts(loop)
    loop.decide(strangers.resolve, "domain:bar.example", verdict, "Acme" if verdict is Verdict.ACCOUNT else "")
    assert parts(loop) != before
    [said] = look(loop).by_hand
    assert (said.value, said.by) == ("bar.example", "R. Diaz")
    loop.decide(strangers.take_back, said.kind, said.value)
    assert (look(loop).rows, look(loop).by_hand) == (rows, [])
    assert parts(loop) == pytest.approx(before)
    with pytest.raises(UnknownId):
        loop.decide(strangers.take_back, said.kind, said.value)


def test_what_cannot_be_said(loop: Loop) -> None:
    for key, verdict, account, said in (
        ("domain:bar.example", Verdict.ACCOUNT, "Nobody Inc", "no account 'Nobody Inc'"),
        ("domain:bar.example", Verdict.ACCOUNT, " ", "write its name"),
        ("domain:bar.example", Verdict.NEW, "ACME", "already"),
        ("domain:gone.example", Verdict.INTERNAL, "", "look at the list again"),
    ):
        with pytest.raises(ServiceError, match=said):
            loop.decide(strangers.resolve, key, verdict, account)
    for act, arguments in (
        (strangers.resolve, ("domain:bar.example", Verdict.INTERNAL)),
        (strangers.take_back, ("domain", "acme.example")),
    ):
        wanted: Any = act
        with pytest.raises(Forbidden):
            loop.decide(wanted, *arguments, actor=CSM)
