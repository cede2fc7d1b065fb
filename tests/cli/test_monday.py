"""Pins, mutes, severities and the review at the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.running import Ran, inside

DAY = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()


def run(home: Path, *words: object, who: str = "the-product_manager") -> Ran:
    return inside("--home", home, *words, "--as", who)


def first_of(home: Path) -> str:
    listed = inside("--home", home, "clusters", "list", "--all", "--json").json["clusters"]
    return str(listed[0]["id"])


def test_holding_and_letting_go(home: Path) -> None:
    id_ = first_of(home)
    assert "is pinned until" in run(home, "clusters", "pin", id_, "--reason", "asked", "--until", DAY).out
    assert "is muted until" in run(home, "clusters", "mute", id_, "--reason", "known", "--until", DAY).out
    assert "is muted no more" in run(home, "clusters", "unmute", id_).out
    assert "has severity S1" in run(home, "clusters", "severity", id_, "S1", "--reason", "outage").out
    assert "severity of its tickets" in run(home, "clusters", "severity", id_, "--clear").out
    assert run(home, "clusters", "undo").code == 0
    assert run(home, "clusters", "unpin", id_).code == 0
    refused = run(home, "clusters", "severity", id_)
    assert (refused.code, refused.out) == (4, "")
    assert "one of the two" in refused.err
    assert run(home, "clusters", "pin", id_, "--reason", "x", who="the-agent").code == 4


def test_the_review_ends_with_a_reason_where_something_is_left(home: Path) -> None:
    found = run(home, "monday", "show", "--json").json
    assert found["review"]["top"]
    assert "done; unsorted:" in run(home, "monday", "show").out
    if found["undecided"]:
        assert run(home, "monday", "finish").code == 4
    done = run(home, "monday", "finish", "--reason", "the rest on Tuesday")
    assert "review 1 is finished" in done.out
    assert run(home, "monday", "undo", 1).out == "review 1 is taken back\n"
    assert run(home, "monday", "undo", 1).code == 4
