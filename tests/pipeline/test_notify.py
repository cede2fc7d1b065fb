"""From a ranking to a message: who is told of what, once, when they want it, and nothing that they may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bridge.analysis.unsubscribing import read
from bridge.pipeline.notify import Reach, Weekly
from bridge.pipeline.notify import telling as telling_module
from bridge.store.access import User
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.events import Event
from bridge.store.memberships import merge
from bridge.store.notices import Alert, NoticeRow
from bridge.store.outbox import OutboxRow
from bridge.store.sync import bump
from bridge.words import NoticeChoice, NoticeKind, Role
from tests.pipeline.loop import Loop, three_issues
from tests.pipeline.notifying import SECRET, Telling
from tests.pipeline.outgoing import Crash, crash_at

NEW = ("delta", "echo", "foxtrot")


@pytest.fixture
def telling(db: Database) -> Telling:
    """Three ranked issues that were looked at for the first time."""
    made = Telling(Loop(db))
    three_issues(made.loop)
    assert made.alert().done == 0
    return made


@pytest.fixture
def issue(telling: Telling) -> int:
    with telling.loop.db.read() as session:
        return session.exec(select(Alert.cluster_id).where(Alert.kind == "top10").order_by(Alert.told)).first() or 0


def test_the_first_look_tells_nobody(telling: Telling) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    assert telling.loop.rows(Alert)
    assert telling.loop.rows(NoticeRow) == []
    telling.pass_days(0.1)
    assert telling.rank_and_alert().done == 0


def test_new_accounts_are_told_of_and_many_tickets_of_one_are_not(telling: Telling, issue: int) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *["acme"] * 20, start=300)
    assert telling.rank_and_alert().done == 0
    telling.pass_days(1)
    telling.join(issue, *NEW)
    assert telling.rank_and_alert().done == 1
    telling.deliver()
    (notice,) = telling.mail.to("pm@ours.example")
    assert notice.subject == f"Emerging issue: IB-{issue} Login fails"
    assert "5 accounts met it for the first time in the last 14 days." in " ".join(notice.text.split())
    assert "EUR" in notice.text
    assert "[" not in notice.text


def test_looking_again_tells_nothing_new_and_growth_opens_the_same_alert(telling: Telling, issue: int) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    for _ in range(3):
        telling.pass_days(1)
        telling.rank_and_alert()
    assert len(telling.loop.rows(NoticeRow, user_id=1)) == 1
    telling.join(issue, *(f"more{n}" for n in range(5)), start=800)
    assert telling.rank_and_alert().done == 1
    (row,) = telling.loop.rows(Alert, kind="emerging", cluster_id=issue)
    assert row.times == 2
    telling.deliver()
    assert [n.subject for n in telling.mail.to("pm@ours.example")][1].startswith("Emerging issue, grown: ")


def test_each_is_told_as_they_may_see_it(telling: Telling, issue: int) -> None:
    """The supplier's people are told of nothing; the room gets no money; a csm hears of own premium accounts."""
    ids = {name: telling.loop.account(name, 50_000.0, f"{name.lower()}.example") for name in ("Premia", "Altera")}
    with telling.loop.db.write() as session:
        for id_ in ids.values():
            session.get_one(Account, id_).expectation_tier = "premium"
        bump(session, "accounts")
    for role in Role:
        more = {"accounts": [ids["Premia"]]} if role is Role.CSM else {}
        user = telling.user(role.value, role, **more)
        for kind in (NoticeKind.PREMIUM, NoticeKind.EMERGING):
            telling.choose(user, kind, NoticeChoice.NOW)
    telling.pass_days(1)
    telling.join(issue, "premia", "altera", "delta")
    telling.rank_and_alert()
    telling.deliver()

    got = {role: telling.mail.to(f"{role.value}@ours.example") for role in Role}
    assert [role for role in Role if not got[role]] == [Role.SUPPLIER_AGENT, Role.SUPPLIER_CONTACT]
    texts = {role: " ".join((n[0].text + (n[0].html or "")).split()) for role, n in got.items() if n}
    assert all("Premia" in texts[role] and "Altera" in texts[role] for role in (Role.PRODUCT_MANAGER, Role.ADMIN))
    assert "Premia" in texts[Role.CSM]
    assert "Altera" not in texts[Role.CSM]
    for role in (Role.AGENT, Role.SUPPLIER_MANAGER):
        assert "Premia" not in texts[role]
        assert "2 premium accounts are newly affected" in texts[role]
    assert "EUR" not in texts[Role.AGENT]
    (room,) = telling.room.sent
    assert "EUR" not in room[1].text
    assert "Premia" not in room[1].text
    assert room[1].data["issues"] == [f"IB-{issue}"]
    assert room[1].unsubscribe is None


def test_what_is_chosen_counts_and_its_link_names_what_it_ends(telling: Telling, issue: int) -> None:
    off = telling.user("off", Role.PRODUCT_MANAGER)
    telling.choose(off, NoticeKind.EMERGING, NoticeChoice.OFF)
    later = telling.user("later", Role.CSM)
    wants = telling.user("agent", Role.AGENT)
    telling.choose(wants, NoticeKind.EMERGING, NoticeChoice.NOW)
    telling.user("nowhere", Role.PRODUCT_MANAGER, email=None)
    telling.user("gone", Role.PRODUCT_MANAGER, disabled=True)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    telling.deliver()
    assert [n.to for _, n in telling.mail.sent] == ["agent@ours.example"]
    link = telling.mail.sent[0][1].unsubscribe or ""
    assert read(SECRET, link.rpartition("/")[2]) == (wants, (NoticeKind.EMERGING,))
    assert later


def test_who_wants_no_more_gets_nothing_that_is_queued(telling: Telling, issue: int) -> None:
    users = [telling.user(name, Role.PRODUCT_MANAGER) for name in ("ended", "disabled", "demoted", "stays")]
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    telling.choose(users[0], NoticeKind.EMERGING, NoticeChoice.OFF)
    with telling.loop.db.write() as session:
        session.get_one(User, users[1]).disabled = True
        session.get_one(User, users[2]).role = Role.SUPPLIER_AGENT
    telling.deliver()
    assert [n.to for _, n in telling.mail.sent] == ["stays@ours.example"]
    states = {row.state for row in telling.loop.rows(OutboxRow, connection="mail")}
    assert states == {"sent", "superseded"}


def test_quiet_hours_hold_a_message_back(telling: Telling, issue: int) -> None:
    user = telling.user("pm", Role.PRODUCT_MANAGER)
    now = telling.loop.clock()
    minute = now.hour * 60 + now.minute
    telling.prefer(user, quiet_from=minute - 60, quiet_to=minute + 120)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    telling.deliver()
    assert telling.mail.sent == []
    telling.pass_days(2.1 / 24)
    telling.deliver()
    assert len(telling.mail.sent) == 1


@pytest.mark.parametrize("point", ["deliver.before_send", "deliver.after_send", "deliver.after_record"])
def test_a_kill_while_sending_is_one_message_by_its_key(
    telling: Telling, issue: int, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    telling.reach = Reach(email="mail")
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    crash_at(monkeypatch, point)
    with pytest.raises(Crash):
        telling.deliver()
    for n in range(3):
        telling.loop.clock.pass_(120)
        telling.deliver(f"w{n}")
    assert len({key for key, _ in telling.mail.sent}) == 1
    assert len({(n.subject, n.text, n.at) for _, n in telling.mail.sent}) == 1
    assert len(telling.mail.sent) == (2 if point == "deliver.after_send" else 1)
    assert {row.state for row in telling.loop.rows(OutboxRow)} == {"sent"}


def test_a_look_that_broke_off_has_not_happened(telling: Telling, issue: int, monkeypatch: pytest.MonkeyPatch) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.loop.rank()
    with monkeypatch.context() as patch:
        patch.setattr(telling_module, "enqueue", lambda *a, **k: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError):
            telling.alert()
    assert telling.loop.rows(NoticeRow) == []
    assert telling.alert().done == 1
    assert len(telling.loop.rows(NoticeRow, reader="connection:room")) == 1


def test_the_digest_is_written_once_a_week_and_tells_what_was_told(telling: Telling, issue: int) -> None:
    """START is a Sunday: the first look at the calendar writes nothing, Monday's does."""
    for role in (Role.PRODUCT_MANAGER, Role.CSM, Role.AGENT, Role.SUPPLIER_CONTACT):
        telling.user(role.value, role)
    telling.weekly = Weekly("monday", 7)
    assert telling.digest().done == 0
    telling.pass_days(0.2)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    assert telling.digest().done == 0
    telling.pass_days(0.7)
    telling.loop.rank()
    assert telling.digest().done == 3
    assert telling.digest().done == 0
    telling.deliver()
    csm = next(n for n in telling.mail.to("csm@ours.example"))
    assert csm.subject == "Issues of the week, 2 Mar"
    text = " ".join(csm.text.split())
    assert "TOP 10 BY VALUE AT RISK 1. Login fails EUR" in text
    assert "ALERTS SINCE THE LAST DIGEST IB-1 Login fails Emerging issue. 5 accounts" in text
    assert "without an approved plan" in text
    assert telling.mail.to("agent@ours.example") == []
    assert telling.mail.to("supplier_contact@ours.example") == []
    telling.pass_days(7)
    telling.loop.rank()
    assert telling.digest().done == 3
    assert {e.kind for e in telling.loop.rows(Event)} >= {"alert.opened", "digest.written", "notification.queued"}


def test_a_digest_that_nobody_could_write_for_days_is_left_out(telling: Telling) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.digest()
    telling.pass_days(1 + 3)
    telling.loop.rank()
    assert telling.digest().done == 0
    telling.pass_days(4)
    telling.loop.rank()
    assert telling.digest().done > 0


def test_nothing_that_is_kept_of_a_message_holds_a_word_of_a_ticket(telling: Telling, issue: int) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    telling.digest(anyway=True)
    kept = [row.facts for row in telling.loop.rows(NoticeRow)] + [row.payload for row in telling.loop.rows(OutboxRow)]
    kept += [row.last for row in telling.loop.rows(Alert)]
    for word in ("Login", "Export", "Typo", "acme", "delta", "Acme"):
        assert word not in str(kept)


def test_a_merged_issue_closes_its_alerts_and_is_told_of_no_more(telling: Telling, issue: int) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(1)
    telling.join(issue, *NEW)
    telling.rank_and_alert()
    with telling.loop.db.write() as session:
        other = session.exec(select(Cluster).where(Cluster.id != issue)).first()
        merge(session, session.get_one(Cluster, issue), other)
        bump(session, "clusters")
    telling.pass_days(1)
    telling.rank_and_alert()
    assert all(row.closed_at for row in telling.loop.rows(Alert, cluster_id=issue))


def test_reminders_of_one_look_are_one_message(telling: Telling) -> None:
    telling.user("pm", Role.PRODUCT_MANAGER)
    telling.pass_days(9)
    telling.loop.rank()
    assert telling.alert().done >= 2
    telling.deliver()
    (notice,) = telling.mail.to("pm@ours.example")
    assert notice.subject.endswith("issues need a look")
    assert notice.text.count("business days without an approved plan") >= 2
    assert timedelta(0) <= telling.loop.clock() - notice.at < timedelta(days=1)
