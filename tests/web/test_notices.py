"""A person's own notifications, the link in a mail, and the whole way to a real SMTP server and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bridge.analysis.unsubscribing import token
from bridge.bootstrap import build
from bridge.jobs import Jobs
from bridge.service import people
from bridge.settings import load_settings
from bridge.store.events import Event
from bridge.store.memberships import Place, place
from bridge.store.notices import Alert, NoticePreference, Subscription
from bridge.store.outbox import OutboxRow
from bridge.store.sync import bump, set_fact
from bridge.words import NoticeKind, Role
from tests.pipeline.loop import ticket
from tests.services.browser import picture
from tests.services.post_office import Post
from tests.web.house import CONFIG, USERS, House, furnished_house

PM = Role.PRODUCT_MANAGER
ADDRESS = "the-pm@ours.example"
K = NoticeKind


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = furnished_house(tmp_path / "home")
    yield made
    made.db.dispose()


def chosen(house: House, role: Role = PM) -> dict[str, str]:
    with house.db.read() as session:
        user = people.find_user(session, USERS[role])
        return {s.kind: s.choice for s in session.exec(select(Subscription).where(Subscription.user_id == user.id))}


def link(house: House, *kinds: NoticeKind, role: Role = PM) -> str:
    with house.db.read() as session:
        user = people.find_user(session, USERS[role])
    return f"/unsubscribe/{token(house.bridge.secret, user.id or 0, kinds)}"


def test_a_person_chooses_what_when_and_how(house: House) -> None:
    client = house.client(PM)
    page = client.get("/me/notifications").get_data(as_text=True)
    assert "No mail server and no Slack is connected" in page
    assert re.search(r'name="emerging" value="now" checked', page)
    form = {
        "emerging": "digest",
        "weekly": "off",
        "channel": "slack",
        "quiet_from": "22:00",
        "quiet_to": "06:30",
        "quiet_weekends": "1",
    }
    answer = house.post(client, "/me/notifications", "/me/notifications", **form)
    assert answer.status_code == 303
    assert chosen(house) == {"emerging": "digest", "weekly": "off"}
    with house.db.read() as session:
        kept = session.exec(select(NoticePreference)).one()
        assert (kept.channel, kept.quiet_from, kept.quiet_to, kept.quiet_weekends) == ("slack", 1320, 390, True)
    again = client.get("/me/notifications").get_data(as_text=True)
    assert re.search(r'name="emerging" value="digest" checked', again)
    assert 'value="22:00"' in again


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"emerging": "loudly"}, "emerging takes now, digest, off"),
        ({"weekly": "now"}, "weekly takes digest, off"),
        ({"channel": "pigeon"}, "channel takes"),
        ({"quiet_from": "22:00"}, "a beginning and an end"),
        ({"quiet_from": "22:00", "quiet_to": "25:10"}, "no time of the day"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "are none"),
    ],
)
def test_what_cannot_be_is_refused_in_words(house: House, form: dict[str, str], word: str) -> None:
    client = house.client(PM)
    house.post(client, "/me/notifications", "/me/notifications", **form)
    assert word in client.get("/me/notifications").get_data(as_text=True)
    assert chosen(house) == {}


def test_opening_the_link_changes_nothing_and_its_form_ends_it_without_a_sign_in(house: House) -> None:
    stranger, way = house.client(), link(house, K.EMERGING)
    for _ in range(2):  # a mail scanner, then the person
        page = stranger.get(way)
        assert "Get no more of these?" in page.get_data(as_text=True)
        assert chosen(house) == {}
    done = stranger.post(way)
    assert "No more of these" in done.get_data(as_text=True)
    assert chosen(house) == {"emerging": "off"}
    assert "No more of these" in stranger.get(way).get_data(as_text=True)
    stranger.post(way)
    with house.db.read() as session:
        assert len(session.exec(select(Event).where(Event.kind == "notice.unsubscribed")).all()) == 1


def test_one_click_of_a_mail_program_needs_no_cookie(house: House) -> None:
    """RFC 8058, 3.2: a POST of this one field, without cookies and without a page before it."""
    answer = house.app.test_client().post(link(house, K.WEEKLY), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert chosen(house) == {"weekly": "off"}


def test_a_link_that_is_not_ours_ends_nothing_and_tells_nothing(house: House) -> None:
    good = link(house, K.EMERGING)
    for wrong in (good[:-1], good.replace("-e-", "-t-"), "/unsubscribe/x", "/unsubscribe/999999-e-" + "a" * 32):
        for answer in (house.client().get(wrong), house.client().post(wrong)):
            assert answer.status_code == 404
            assert "not whole or not ours" in answer.get_data(as_text=True)
    assert chosen(house) == {}


def test_the_page_of_a_link_shows_no_whole_address_and_no_name(house: House) -> None:
    with house.db.write() as session:
        people.find_user(session, USERS[PM]).email = ADDRESS
    page = house.client().get(link(house, K.EMERGING)).get_data(as_text=True)
    assert "t…@ours.example" in page
    assert ADDRESS not in page
    assert USERS[PM] not in page


class Mailed:
    """The house with a mail server beside it, as the worker and the service of a real installation see it."""

    def __init__(self, house: House, post: Post, url: str = "https://bridge.example") -> None:
        home = house.bridge.settings.home
        mail = f"""
[web]
url = "{url}"

[notices]
email = "mail"

[connections.mail]
type = "smtp"
host = "127.0.0.1"
port = {post.port}
security = "none"
sender = "bridge@ours.example"
allow_private_networks = ["127.0.0.0/8"]
"""
        (home / "config.toml").write_text(CONFIG + mail, encoding="utf-8")
        house.db.dispose()
        self.post = post
        self.house = House(build(load_settings(home, {})), house.loop, house.ids)
        with self.house.db.write() as session:
            people.find_user(session, USERS[PM]).email = ADDRESS
            people.find_user(session, USERS[Role.CSM]).email = "the-csm@ours.example"

    def run(self, *steps: str, **more: Any) -> None:
        reports = Jobs(self.house.bridge, **more).run(steps)
        assert [r.error for r in reports] == [None] * len(reports)

    def join(self, *who: str, start: int) -> None:
        """New accounts meet the issue of the slow export."""
        loop = self.house.loop
        loop.clock.moment = loop.clock.moment.now(loop.clock.moment.tzinfo)
        ids = [f"{start + n}" for n in range(len(who))]
        loop.put(
            *(
                ticket(id_, "Export is slow", requester=f"x@{d}.example", at=loop.clock())
                for id_, d in zip(ids, who, strict=True)
            )
        )
        loop.pull()
        with loop.db.write() as session:
            rows = loop.ids(session)
            place(session, [Place(rows[id_], self.house.ids["export"], 0.9, "model") for id_ in ids], loop.clock())
            bump(session, "clusters")

    def cool(self) -> None:
        """As if the last message were two days old."""
        with self.house.db.write() as session:
            for row in session.exec(select(Alert)):
                if row.told_at:
                    row.told_at = row.told_at.replace(year=row.told_at.year - 1)
            set_fact(session, "alerts.looked", f"0 {self.house.loop.clock().isoformat()}")

    def letters(self) -> list[Any]:
        return [message_from_bytes(raw, policy=default) for _, raw in self.post.taken]


@pytest.fixture
def mailed(house: House) -> Iterator[Mailed]:
    with Post() as post:
        made = Mailed(house, post)
        yield made
        made.house.db.dispose()


def test_a_mail_arrives_its_link_is_followed_and_no_more_come(mailed: Mailed) -> None:
    mailed.run("rank", "alert")
    mailed.join("delta", "echo", "foxtrot", start=700)
    mailed.run("rank", "alert", "deliver")
    (letter,) = mailed.letters()
    assert letter["To"] == ADDRESS
    assert "Export is slow" in letter["Subject"]
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = letter.get_body(("plain",)).get_content()
    way = re.search(r"https://bridge\.example(/unsubscribe/\S+)", text)
    assert way
    assert letter["List-Unsubscribe"].strip() == f"<https://bridge.example{way[1]}>"
    assert f'href="https://bridge.example{way[1]}"' in letter.get_body(("html",)).get_content()

    stranger = mailed.house.client()
    assert stranger.get(way[1]).status_code == 200
    assert "No more of these" in stranger.post(way[1]).get_data(as_text=True)

    mailed.cool()
    mailed.join(*(f"more{n}" for n in range(9)), start=800)
    mailed.run("rank", "alert", "deliver")
    with mailed.house.db.read() as session:
        emerging = session.exec(select(Alert).where(Alert.kind == "emerging", Alert.times > 1)).all()
    assert emerging, "it was told again, to others"
    assert len(mailed.letters()) == 1


def test_what_was_queued_before_the_link_was_followed_does_not_come(mailed: Mailed) -> None:
    mailed.run("rank", "alert")
    mailed.join("delta", "echo", "foxtrot", start=700)
    mailed.run("rank", "alert")
    with mailed.house.db.read() as session:
        queued = session.exec(select(OutboxRow).where(OutboxRow.connection == "mail")).all()
    assert queued
    assert mailed.house.client().post(link(mailed.house, *K)).status_code == 200
    mailed.run("deliver")
    assert mailed.letters() == []


def test_the_digest_by_hand_goes_to_everybody_who_gets_it(mailed: Mailed) -> None:
    mailed.run("digest", "deliver", digest_anyway=True)
    letters = {letter["To"]: letter for letter in mailed.letters()}
    assert set(letters) == {ADDRESS, "the-csm@ours.example"}
    text = letters[ADDRESS].get_body(("plain",)).get_content()
    assert "TOP 10 BY VALUE AT RISK" in text
    assert "https://bridge.example/issues/IB-1" in text


def test_a_refused_address_is_a_dead_letter_that_says_so(mailed: Mailed) -> None:
    mailed.post.answers["RCPT"] = "550 5.1.1 no such user here"
    mailed.run("digest", "deliver", digest_anyway=True)
    with mailed.house.db.read() as session:
        rows = session.exec(select(OutboxRow).where(OutboxRow.kind == "send_notice")).all()
        assert {row.state for row in rows} == {"dead"}
        assert all("no such user" in (row.error or "") for row in rows)
    page = mailed.house.client(Role.ADMIN).get("/outbox").get_data(as_text=True)
    assert "no such user" in page


def test_pages_and_mail_fit_a_telephone(house: House, chromium: Any, tmp_path: Path) -> None:
    with Post() as post:
        mailed = Mailed(house, post, url="")  # cookies of https stay out of a browser that speaks http
        try:
            _look(mailed, chromium, tmp_path)
        finally:
            mailed.house.db.dispose()


def _look(mailed: Mailed, chromium: Any, tmp_path: Path) -> None:
    mailed.join("delta", "echo", "foxtrot", start=700)
    mailed.run("rank", "alert", "digest", "deliver", digest_anyway=True)
    html = mailed.letters()[0].get_body(("html",)).get_content()
    (tmp_path / "mail.html").write_text(html, encoding="utf-8")
    with mailed.house.live() as url:
        for width in (1280, 400):
            for scheme in ("light", "dark"):
                context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
                try:
                    context.add_cookies([mailed.house.cookie(PM, url)])
                    page = context.new_page()
                    said: list[str] = []
                    page.on("console", lambda m, said=said: said.append(m.text))
                    page.on(
                        "request",
                        lambda r, said=said: None if r.url.startswith((url, "file:", "data:")) else said.append(r.url),
                    )
                    for name, where in (
                        ("mail", f"file://{tmp_path}/mail.html"),
                        ("unsubscribe", url + link(mailed.house, K.EMERGING)),
                    ):
                        page.goto(where)
                        assert page.evaluate("document.documentElement.scrollWidth") <= width
                        picture(page, f"notices-{name}-{scheme}-{width}")
                    page.goto(f"{url}/me/notifications")
                    assert page.evaluate("document.documentElement.scrollWidth") <= width
                    picture(page, f"notices-choose-{scheme}-{width}")
                    page.locator('[name="emerging"][value="off"]').check()
                    page.get_by_role("button", name="Keep these choices").click()
                    assert "Your choices are kept" in page.inner_text("main")
                    assert page.locator('[name="emerging"][value="off"]').is_checked()
                    assert said == []
                finally:
                    context.close()
