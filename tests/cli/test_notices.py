"""`bridge alerts`, `bridge digest`, `bridge user address`, and configurations of messages that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.bootstrap import build
from bridge.settings import SettingsError, load_settings
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.notices import Alert
from tests.cli.running import Ran, inside


def run(home: Path, *words: str) -> Ran:
    return inside("--home", home, *words)


def test_the_digest_reads_as_the_role_may_see_it(home: Path) -> None:
    manager = run(home, "digest", "--as", "the-product_manager")
    agent = run(home, "digest", "--as", "the-agent")
    supplier = run(home, "digest", "--as", "the-supplier_agent")
    assert "EUR" in manager.out
    assert "TOP 10 BY VALUE AT RISK" in agent.out
    assert "EUR" not in agent.out
    assert supplier.code
    assert "may not read issues" in supplier.err
    assert run(home, "digest", "--json").json["subject"].startswith("Issues of the week")
    assert run(home, "digest", "--html").out.startswith("<!doctype html>")


def test_alerts_are_listed_with_what_was_said(home: Path) -> None:
    assert "nobody was told of anything" in run(home, "alerts", "--look").out
    db = Database(f"sqlite:///{home / 'bridge.db'}")
    now = datetime.now(UTC)
    last = {"kind": "premium", "issue": 1, "size": 1, "again": False, "rank": 1, "accounts": 2, "score": 9.0}
    with db.write() as session:
        issue = session.get_one(Cluster, 1)
        told = {"last": {**last, "named": ["account:1"], "days": 14}, "times": 1, "told": 1}
        session.add(Alert(kind="premium", cluster_id=1, opened_at=now, told_at=now, **told))
        title = issue.title
    db.dispose()
    listed = run(home, "alerts", "--json", "--as", "the-product_manager").json["alerts"]
    assert [(x["issue"], x["title"], x["said"]) for x in listed] == [
        ("IB-1", title, "A premium account is newly affected: Copper Kettle.")
    ]
    hidden = run(home, "alerts", "--json", "--as", "the-agent").out
    assert "A premium account is newly affected." in hidden
    assert "Copper Kettle" not in hidden


def test_a_user_gets_an_address_that_nobody_else_has(home: Path) -> None:
    assert run(home, "user", "address", "the-agent", "a@ours.example").code == 0
    again = run(home, "user", "address", "the-csm", "a@ours.example")
    assert again.code != 0
    assert "another user has the address" in again.err
    assert run(home, "user", "address", "the-agent", "").code == 0
    assert run(home, "user", "address", "the-csm", "a@ours.example").code == 0


SMTP = """
[connections.{name}]
type = "smtp"
host = "mail.example.com"
sender = "bridge@ours.example"
"""


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (SMTP.format(name="one") + SMTP.format(name="two"), "name the one that people get"),
        (SMTP.format(name="one") + '[notices]\nemail = "other"\n', "no enabled connection that reaches people"),
        (SMTP.format(name="one") + '[notices]\nchannels = ["one"]\n', "which has no channel"),
        ('[notices]\nchannels = ["room"]\n', "no enabled connection for messages"),
        ("[alerts]\naccounts = 1\n", "accounts"),
        ("[alerts]\ndays = 29\n", "days"),
        ('[notices]\ndigest_day = "someday"\n', "digest_day"),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(new_home: Callable[[str], Path], config: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        build(load_settings(new_home(config), {}))


def test_two_mail_servers_need_a_choice_and_then_do(new_home: Callable[[str], Path]) -> None:
    config = SMTP.format(name="one") + SMTP.format(name="two") + '[notices]\nemail = "two"\n'
    assert build(load_settings(new_home(config), {})).reach.email == "two"
