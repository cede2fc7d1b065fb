"""Questions and the dial at the command line: answered, refused, taken back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import TICKETS
from tests.cli.running import Ran, inside


def decide(home: Path, *words: object) -> Ran:
    ran = inside("--home", home, "grouping", *words, "--as", "the-product_manager")
    assert (ran.code, ran.err) == (0, ""), ran
    return ran


def test_questions_are_answered_and_taken_back(home: Path) -> None:
    found = decide(home, "questions", "--json").json["questions"]
    if not found:
        assert "nothing to ask" in decide(home, "questions").out
        first = "IB-1"
        refused = inside("--home", home, "grouping", "answer", "split", first, "no", "--as", "the-product_manager")
        assert (refused.code, "any more" in refused.err) == (4, True)
        return
    question = found[0]
    said = decide(home, "answer", question["kind"], *question["issues"], "no").out
    assert question not in decide(home, "questions", "--json").json["questions"]
    number = said.split("grouping undo ")[1].split("`")[0]
    assert "taken back" in decide(home, "undo", number).out
    assert question in decide(home, "questions", "--json").json["questions"]


def test_dial_is_shown_set_and_refused(home: Path) -> None:
    effect = decide(home, "effect", "--json").json
    assert [row["granularity"] for row in effect["settings"]] == ["coarse", "balanced", "strict"]
    assert effect["tickets"] == effect["all_tickets"] == TICKETS
    decide(home, "use", "strict", "--reason", "too broad")
    state = decide(home, "show", "--json").json
    assert (state["chosen"]["granularity"], state["chosen"]["why"]) == ("strict", "too broad")
    assert "grouped strict" in decide(home, "show").out
    decide(home, "now")
    again = inside("--home", home, "grouping", "use", "strict", "--as", "the-product_manager")
    assert (again.code, "already" in again.err) == (4, True)
    agent = inside("--home", home, "grouping", "use", "coarse", "--as", "the-agent")
    assert agent.code != 0
    assert "may not" in agent.err
