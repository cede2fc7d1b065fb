"""What people decide at the command line: nothing is lost by it, it can be taken back, and roles are kept."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from bridge.words import Role
from tests.cli.conftest import TICKETS
from tests.cli.running import Ran, inside

DECIDERS = {Role.PRODUCT_MANAGER, Role.ADMIN}


def issues(home: Path) -> dict[int, set[str]]:
    """Issue -> its tickets, of all living issues, read through the command line."""
    listed = inside("--home", home, "clusters", "list", "--all", "--limit", 1000, "--json").json["clusters"]
    return {
        int(row["id"].removeprefix("IB-")): {
            member["ticket"]
            for member in inside("--home", home, "clusters", "show", row["id"], "--json").json["members"]
        }
        for row in listed
    }


def assert_conserved(found: dict[int, set[str]]) -> None:
    counts = Counter(ticket for tickets in found.values() for ticket in tickets)

    assert len(counts) == TICKETS
    assert set(counts.values()) == {1}


def decide(home: Path, *words: object) -> Ran:
    ran = inside("--home", home, *words, "--as", "the-product_manager")
    assert (ran.code, ran.err) == (0, ""), ran
    return ran


def test_merge_split_move_and_undo_keep_every_ticket(home: Path) -> None:
    before = issues(home)
    first, second, *_ = sorted(before)
    moved = sorted(before[first])[:2]

    decide(home, "clusters", "split", first, *moved, "--reason", "another cause")
    split = issues(home)
    assert_conserved(split)
    [new] = split.keys() - before.keys()
    assert split[new] == set(moved)

    decide(home, "clusters", "move", moved[0], f"import:{moved[1]}", "--to", f"IB-{second}")
    assert issues(home)[second] == before[second] | set(moved)

    decide(home, "clusters", "merge", f"IB-{first}", second)
    merged = issues(home)
    assert_conserved(merged)
    assert first not in merged
    assert inside("--home", home, "clusters", "show", first, "--json").json["id"] == f"IB-{second}"

    for _ in ("merge", "move", "split"):
        decide(home, "clusters", "undo")
    assert issues(home) == before


@pytest.mark.parametrize("seed", range(2))
def test_any_decisions_in_any_order_keep_every_ticket(home: Path, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(8):
        found = issues(home)
        assert_conserved(found)
        one = dice.choice(sorted(found))
        other = dice.choice([number for number in found if number != one] or [one])
        tickets = dice.sample(sorted(found[one]), dice.randint(1, len(found[one])))
        words = dice.choice(
            [("merge", one, other), ("split", one, *tickets), ("move", *tickets, "--to", other), ("undo",)]
        )
        assert inside("--home", home, "clusters", *words).code in {0, 4}
    assert_conserved(issues(home))


def test_a_decision_is_an_event_with_a_name_and_a_reason(home: Path) -> None:
    decide(home, "clusters", "publish", "IB-1", "--reason", "many ask")
    shown = inside("--home", home, "clusters", "show", "IB-1", "--json").json

    assert shown["published"] is True
    assert [(e["what"], e["by"], e["why"]) for e in shown["history"]][-1] == (
        "cluster.published",
        "the-product_manager",
        "many ask",
    )
    assert "the-product_manager" in inside("--home", home, "clusters", "show", "1").out
    decide(home, "clusters", "undo", "--event", shown["history"][-1]["event"])
    assert inside("--home", home, "clusters", "show", "1", "--json").json["published"] is False


@pytest.mark.parametrize("role", [role for role in Role if role not in DECIDERS], ids=str)
def test_who_may_not_publish_is_told_who_may(home: Path, role: Role) -> None:
    ran = inside("--home", home, "clusters", "publish", "1", "--as", f"the-{role.value}")

    assert ran.code == 4
    assert f"the-{role.value} ({role.value}) may not publish" in ran.err
    assert "product_manager, admin" in ran.err
    assert inside("--home", home, "clusters", "show", "1", "--json").json["published"] is False


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("clusters list", Role.SUPPLIER_AGENT),
        ("clusters show 1", Role.SUPPLIER_CONTACT),
        ("export ranking --json", Role.AGENT),
        ("export ranking", Role.SUPPLIER_MANAGER),
        ("clusters merge 1 2", Role.CSM),
        ("clusters split 1 T-1", Role.AGENT),
        ("clusters move T-1 --to 2", Role.AGENT),
        ("clusters undo", Role.AGENT),
        ("remedy edit 1 --set say=x", Role.AGENT),
        ("remedy approve 1", Role.SUPPLIER_MANAGER),
        ("outbox list", Role.AGENT),
        ("outbox retry 1", Role.PRODUCT_MANAGER),
        ("aside list", Role.AGENT),
        ("aside replay import", Role.AGENT),
    ],
)
def test_each_command_asks_for_the_right_role(home: Path, words: str, role: Role) -> None:
    ran = inside("--home", home, *words.split(), env={"BRIDGE_AS": f"the-{role.value}"})

    assert (ran.code, ran.out) == (4, "")
    assert f"({role.value}) may not" in ran.err
    assert "ask somebody who is" in ran.err


def test_a_disabled_user_decides_nothing(home: Path) -> None:
    ran = inside("--home", home, "clusters", "publish", "1", "--as", "the-former")

    assert ran.code == 4
    assert "the-former is disabled" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("clusters show fish", "'fish' is no issue id: expected IB-12 or 12"),
        ("clusters show 4711", "there is no issue IB-4711"),
        ("clusters publish 4711", "there is no issue IB-4711"),
        ("clusters merge 1 1", "one issue already"),
        ("clusters split 1 T-4711", "no single ticket is called 'T-4711'"),
        ("clusters move import:nope --to 1", "no single ticket is called 'import:nope'"),
        ("clusters undo", "there is no decision to undo"),
        ("clusters undo --event 4711", "event 4711 is no decision that can be undone"),
        ("remedy approve 1", "IB-1 has no plan yet"),
        ("remedy edit 1 --set fish", "write FIELD=VALUE"),
        ("remedy edit 1 --set fish=1", "a plan has no field 'fish'; it has:"),
        ("remedy edit 1 --set state=fish", "state takes unreviewed, triage"),
        ("remedy show 4711", "there is no issue IB-4711"),
        ("outbox retry 4711", "there is no row 4711 in the outbox"),
        ("outbox discard 4711", "there is no row 4711 in the outbox"),
        ("aside replay nowhere", "nowhere tickets has never been pulled"),
        ("export ranking --as-of yesterday", "write it like 2026-11-01 or 2026-11-01T00:00:00Z"),
        ("export ranking --as-of 2026-11-01T10:00:00", "has no offset"),
    ],
)
def test_what_cannot_be_done_says_why(home: Path, words: str, said: str) -> None:
    ran = inside("--home", home, *words.split())

    assert (ran.code, ran.out) == (4, ""), ran
    assert ran.err.startswith("error: ")
    assert said in ran.err


def test_a_remedy_from_draft_to_the_note_in_the_tickets(home: Path) -> None:
    decide(home, "remedy", "edit", "IB-1", "--set", "state=planned", "--set", "say=We are at it.")
    lacking = inside("--home", home, "remedy", "approve", "1")
    assert lacking.code == 4
    assert "owner (a product person)" in lacking.err
    assert "eta.kind" in lacking.err

    decide(home, "remedy", "edit", "1", "--set", "eta.kind=none", "--reason", "no date yet")
    approved = decide(home, "remedy", "approve", "1", "--owner", "Cordelia Inkwell")
    assert "IB-1: revision" in approved.out

    shown = inside("--home", home, "remedy", "show", "1", "--json").json
    assert (shown["id"], shown["state"], shown["approved"]["fields"]["owner"]) == (
        "IB-1",
        "planned",
        "Cordelia Inkwell",
    )
    assert "We are at it." in shown["note"]
    assert "We are at it." in inside("--home", home, "remedy", "show", "1").out

    back = inside("--home", home, "remedy", "edit", "1", "--set", "state=triage")
    assert back.code == 4
    assert "--reason" in back.err


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("say", "Write to ada.bell@copperkettle.example", "say"),
        ("say", "Copper Kettle has this too", "say"),
        ("say_short", "x" * 161, "say_short"),
    ],
)
def test_words_that_must_not_leave_the_house_are_not_approved(home: Path, field: str, value: str, said: str) -> None:
    edited = inside("--home", home, "remedy", "edit", "1", "--set", "state=triage", "--set", f"{field}={value}")
    approved = inside("--home", home, "remedy", "approve", "1", "--owner", "Cordelia Inkwell")

    assert 4 in {edited.code, approved.code}
    assert said in edited.err + approved.err
