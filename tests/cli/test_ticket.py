"""``bridge ticket``: the card in a terminal, for programs too, and for nobody who may not read it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import inside


def numbers(home: Path) -> list[str]:
    listed = inside("--home", home, "clusters", "list", "--all", "--limit", 1, "--json").json["clusters"]
    shown = inside("--home", home, "clusters", "show", listed[0]["id"], "--json").json
    return [member["ticket"] for member in shown["members"]]


def test_card_of_a_ticket_part_by_part(home: Path) -> None:
    ran = inside("--home", home, "ticket", numbers(home)[0], "--as", "the-agent")
    assert (ran.code, ran.err) == (0, "")
    parts = ["Unreviewed (grey): Safe sentence only", "Tell the customer", "We have reported this", "Workaround:", "Fix:",
             "Not for the customer:", "Why IB-", "Escalate to:"]  # fmt: skip
    assert [ran.out.index(part) for part in parts] == sorted(ran.out.index(part) for part in parts)


def test_card_as_json_and_of_an_issue(home: Path) -> None:
    number = numbers(home)[0]
    card = inside("--home", home, "ticket", f"#{number}", "--json", "--as", "the-agent").json
    assert (card["ticket"]["number"], card["lamp"]["light"], card["say"]["safe"]) == (number, "grey", True)
    same = inside("--home", home, "ticket", card["issue"], "--json", "--as", "the-agent").json
    assert (same["issue"], same["ticket"]) == (card["issue"], None)


def test_unknown_and_foreign_tickets_end_alike(home: Path) -> None:
    missing = inside("--home", home, "ticket", "no-such-1", "--as", "the-agent")
    foreign = inside("--home", home, "ticket", numbers(home)[0], "--as", "the-supplier_agent")
    assert missing.code == foreign.code == 4
    assert "there is no ticket no-such-1 here" in missing.err
    assert "there is no ticket" in foreign.err
