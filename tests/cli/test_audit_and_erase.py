"""The log and the erasing at the command line."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bridge.store.db import Database
from tests.cli.running import inside

LINE = '{"id": "%s", "subject": "%s", "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z", '
LINE += '"status": "open", "requester": "%s", "description": "%s"}'


def workspace(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    rows = [
        LINE % ("1", "The label is crooked", "ada@customer.example", "the quokka label"),
        LINE % ("2", "Other", "bob@other.example", "other words"),
    ]
    (tmp_path / "T.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert inside("--home", home, "init", "--yes").code == 0
    done = inside("--home", home, "import", "tickets", tmp_path / "T.jsonl")
    assert done.code == 0, done.err + done.out
    return home


def test_the_log_is_listed_verified_and_compared_with_what_was_noted(tmp_path: Path) -> None:
    home = workspace(tmp_path)
    kinds = [e["kind"] for e in inside("--home", home, "audit", "list", "--json").json["events"]]
    assert "ticket.ingested" in kinds
    whole = inside("--home", home, "audit", "verify")
    assert (whole.code, "is whole" in whole.out) == (0, True)
    anchor = whole.out.split()[-1]
    assert inside("--home", home, "audit", "verify", "--anchor", anchor).code == 0
    assert inside("--home", home, "audit", "verify", "--anchor", "nonsense").code != 0

    db = Database(f"sqlite:///{home / 'bridge.db'}")
    with db.write() as session:
        session.execute(text("DROP TRIGGER event_keeps_content"))
        session.execute(text("UPDATE event SET actor = 'nobody' WHERE position = 2"))
    db.dispose()
    broken = inside("--home", home, "audit", "verify", "--json")
    assert (broken.code, broken.json["position"]) == (1, 1)
    assert "position 2" in broken.json["breaks"]


def test_erasing_shows_first_and_leaves_no_byte(tmp_path: Path) -> None:
    home = workspace(tmp_path)

    def held() -> bool:
        return any(b"quokka" in file.read_bytes() for file in home.glob("bridge.db*"))

    (home / "vectors").mkdir()
    (home / "vectors" / "model.vectors").write_bytes(b"a copy of vectors")
    shown = inside("--home", home, "erase", "--requester", "Ada@customer.example", "--json")
    assert (shown.code, shown.json["tickets"], shown.json["erased"]) == (0, 1, False)
    assert held()
    assert "give the reason" in inside("--home", home, "erase", "--requester", "ada@customer.example", "--yes").err
    done = inside("--home", home, "erase", "--requester", "ada@customer.example", "--yes", "--reason", "letter 7")
    assert (done.code, "erased: 1 tickets" in done.out) == (0, True)
    assert list((home / "vectors").iterdir()) == []
    assert not held()
    inside("--home", home, "import", "tickets", tmp_path / "T.jsonl")
    assert not held()
    assert inside("--home", home, "erase").code == 4
    assert inside("--home", home, "erase", "--ticket", "import/1", "--account", "x").code == 4
