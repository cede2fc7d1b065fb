"""Mail against a real SMTP server in this process (aiosmtpd): encrypted, logged in, refusing, and dying at each point."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import AuthFailed, ConnectorError, InDoubt, Permanent, RateLimited, Transient
from connectors.pressing import writes_begin_within
from connectors.smtp import Smtp, SmtpOptions
from tests.connectors.contract import SECRET, assert_tells_no_secret
from tests.connectors.notifier_contract import HOSTILE, KEY, NOTICE, NotifierContract
from tests.services.ports import free_port
from tests.services.post_office import Post

READER = "r.diaz@acme.example"
SENDER = "bridge@ours.example"


class World:
    faults: frozenset[str] = frozenset()
    reader = READER

    def __init__(self, post: Post, **options: Any) -> None:
        self.post, self.options = post, options

    def connector(self, **more: Any) -> Smtp:
        return smtp(self.post.port, **{**self.options, **more})

    def fault(self, kind: str) -> None:
        raise NotImplementedError

    def mend(self) -> None:
        self.post.after_data = ""
        self.post.answers.clear()

    def lose_reply(self) -> None:
        self.post.after_data = "hang up"

    def messages(self) -> list[tuple[str, str]]:
        """As a mailbox that goes by the Message-ID."""
        read = [mail(raw) for _, raw in self.post.taken]
        return list({m["Message-ID"]: (m["Message-ID"], plain(m)) for m in read}.values())


def smtp(port: int, **more: Any) -> Smtp:
    told = {"host": "127.0.0.1", "port": port, "security": "none", "sender": SENDER, "timeout_s": 5.0}
    return Smtp(SmtpOptions.model_validate({**told, "allow_private_networks": ["127.0.0.0/8"], **more}), name="mail")


def mail(raw: bytes) -> Message:
    return message_from_bytes(raw, policy=default)


def plain(message: Any) -> str:
    return str(message.get_body(("plain",)).get_content())


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as post:
        yield post


class TestSmtp(NotifierContract):
    other_side = World

    @pytest.fixture
    def world(self, post: Post) -> World:
        return World(post)

    def is_harmless(self, world: World) -> None:
        ((recipients, raw),) = world.post.taken
        read = mail(raw)
        assert recipients == [READER]
        assert read["Bcc"] is None
        assert read["Subject"].startswith("VAT Bcc: everybody@evil.example <!channel>")
        assert "MAIL FROM:<x@evil.example>" in plain(read)
        assert plain(read).splitlines()[1] == "."


def test_a_second_send_is_the_same_message_to_the_last_byte(post: Post) -> None:
    for _ in range(2):
        smtp(post.port).send(replace(NOTICE, to=READER), key=KEY)
    (_, first), (_, second) = post.taken
    assert first == second
    assert mail(first)["Message-ID"] == f"<{KEY}@ours.example>"


def test_a_message_says_how_to_get_no_more_of_them(post: Post) -> None:
    smtp(post.port, reply_to="help@ours.example").send(replace(NOTICE, to=READER), key=KEY)
    read = mail(post.taken[0][1])
    assert read["List-Unsubscribe"] == f"<{NOTICE.unsubscribe}>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Reply-To"] == "help@ours.example"
    assert read.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[attr-defined]


def test_one_click_is_offered_over_https_only(post: Post) -> None:
    smtp(post.port).send(replace(NOTICE, to=READER, unsubscribe="http://10.0.0.1/unsubscribe/x"), key=KEY)
    assert mail(post.taken[0][1])["List-Unsubscribe-Post"] is None


ANSWERS = [
    ("RCPT", "550 5.1.1 no such user", Permanent),
    ("RCPT", "450 4.2.0 greylisted", Transient),
    ("RCPT", "452 4.2.2 mailbox full", Transient),
    ("MAIL", "530 5.7.0 authentication required", AuthFailed),
    ("MAIL", "421 4.7.0 too many messages", RateLimited),
    ("DATA", "554 5.7.1 looks like spam", Permanent),
    ("DATA", "451 4.3.0 try again", Transient),
]


@pytest.mark.parametrize(("command", "answer", "kind"), ANSWERS)
def test_a_refusal_is_sorted_and_never_in_doubt(
    post: Post, command: str, answer: str, kind: type[ConnectorError]
) -> None:
    post.answers[command] = answer
    with pytest.raises(kind, match=answer[:3]) as raised:
        smtp(post.port).send(replace(NOTICE, to=READER), key=KEY)
    assert type(raised.value) is kind
    assert not raised.value.in_doubt
    assert post.taken == []


def test_a_server_that_says_nothing_leaves_it_in_doubt(post: Post) -> None:
    post.after_data = "say nothing"
    with pytest.raises(InDoubt, match="may have been taken"):
        smtp(post.port, timeout_s=0.5).send(replace(NOTICE, to=READER), key=KEY)


def test_no_server_no_doubt() -> None:
    port = free_port()
    with pytest.raises(Transient, match="no connection") as raised:
        smtp(port).send(replace(NOTICE, to=READER), key=KEY)
    assert not raised.value.in_doubt


def test_no_message_is_begun_under_a_lease_that_is_over(post: Post) -> None:
    with writes_begin_within(-1), pytest.raises(Transient, match="not sent"):
        smtp(post.port).send(replace(NOTICE, to=READER), key=KEY)
    assert post.taken == []


def test_an_address_of_this_machine_is_refused_unless_it_is_allowed(post: Post) -> None:
    with pytest.raises(Transient, match="allow_private_networks"):
        smtp(post.port, allow_private_networks=[]).check()


@pytest.mark.parametrize(
    "to", [None, "", "r.diaz", "a@b\r\nRCPT TO:<x@y.example>", "<a@b.example>", "a@b.example, c@d.example"]
)
def test_a_recipient_is_one_plain_address(post: Post, to: str | None) -> None:
    with pytest.raises(Permanent, match="address"):
        smtp(post.port).send(replace(NOTICE, to=to), key=KEY)
    assert post.taken == []


@settings(max_examples=150)
@given(st.text(), st.text(max_size=300), st.text())
def test_no_text_becomes_a_header(subject: str, unsubscribe: str, text: str) -> None:
    notice = replace(NOTICE, to=READER, subject=subject, unsubscribe=f"https://x.example/{unsubscribe}", text=text)
    raw = smtp(25)._message(notice, KEY).as_bytes()
    read = message_from_bytes(raw, policy=default)
    known = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"}
    known |= {"List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"}
    assert set(read.keys()) == known
    assert read["To"] == READER
    assert raw.isascii()


def test_the_options_are_refused_by_name() -> None:
    told = {"host": "mail.example.com", "sender": SENDER}
    for more, word in (
        ({"security": "none", "user": "u", "password": SECRET}, "in the clear"),
        ({"user": "u"}, "belong together"),
        ({"sender": "Bridge <bridge@ours.example>"}, "plain mail address"),
        ({"host": "mail.example.com\r\nx"}, "host"),
    ):
        with pytest.raises(ValueError, match=word):
            SmtpOptions.model_validate({**told, **more})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with key and certificate of 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


def encrypted(certificate: Path) -> Any:
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"bridge" and data.password == SECRET.encode(), handled=False)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_encrypts_and_logs_in(certificate: Path, security: str) -> None:
    how = "tls_context" if security == "starttls" else "ssl_context"
    more = {} if security == "starttls" else {"auth_require_tls": False}
    with Post(**{how: encrypted(certificate)}, authenticator=login, auth_required=True, **more) as post:
        known = {"security": security, "ca_bundle": certificate / "cert.pem", "user": "bridge"}
        good = smtp(post.port, **known, password=SECRET)
        good.send(replace(NOTICE, to=READER), key=KEY)
        assert "takes mail from" in good.check()
        assert len(post.taken) == 1

        with pytest.raises(AuthFailed, match="Check user, password") as refused:
            smtp(post.port, **known, password="wrong").check()
        assert_tells_no_secret(refused.value, good)
        with pytest.raises(Transient, match="TLS failed"):
            smtp(post.port, **{**known, "ca_bundle": None}, password=SECRET).check()
        with pytest.raises(ConnectorError) as unasked:
            smtp(
                post.port, security="starttls" if security == "starttls" else "tls", ca_bundle=certificate / "cert.pem"
            ).send(replace(NOTICE, to=READER), key=KEY)
        assert isinstance(unasked.value, AuthFailed)


def test_a_server_without_starttls_is_told_of(post: Post) -> None:
    with pytest.raises(Permanent, match="STARTTLS"):
        smtp(post.port, security="starttls").check()


def test_hostile_words_stay_in_the_text(post: Post) -> None:
    smtp(post.port).send(replace(HOSTILE, to=READER), key=KEY)
    assert post.taken[0][0] == [READER]
