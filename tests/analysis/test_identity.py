from __future__ import annotations

import pytest

from bridge.analysis.identity import FREE_MAIL, domain_of, is_free_mail, pseudonym

SECRET = b"workspace"


@pytest.mark.parametrize(
    "spelling",
    [
        "ANNA@Example.com",
        " anna@example.com ",
        "mailto:anna@example.com?subject=x",
        "Anna Berg <anna@example.com>",
        '"Berg, <A>" <Anna@example.com>',
        "an\u200bna@example.com",
        "<anna@example.com>",
    ],
)
def test_one_person_has_one_pseudonym(spelling: str) -> None:
    assert pseudonym(spelling, SECRET) == pseudonym("anna@example.com", SECRET)


def test_people_and_workspaces_differ() -> None:
    one = pseudonym("anna@example.com", SECRET)
    assert one != pseudonym("bo@example.com", SECRET)
    assert one != pseudonym("anna@example.com", b"other")
    assert len(one) == 64


@pytest.mark.parametrize(("address", "secret"), [("", SECRET), (" \u200b", SECRET), ("a@example.com", b"")])
def test_nobody_and_no_secret_are_refused(address: str, secret: bytes) -> None:
    with pytest.raises(ValueError, match="empty"):
        pseudonym(address, secret)


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Anna <anna@Mail.Example.COM>", "mail.example.com"), ("a@müller.example", "xn--mller-kva.example"), ("a@example.com.", "example.com"), ("1234", None),
        ("a@localhost", None), ("@example.com", None), ("a@", None), ("a@-.com", None), ("a@" + "x" * 300 + ".com", None), ("a@b@example.com", "example.com"),
    ],
)  # fmt: skip
def test_domains(address: str, domain: str | None) -> None:
    assert domain_of(address) == domain


def test_free_mail() -> None:
    assert is_free_mail("GMAIL.com")
    assert not is_free_mail("example.com")
    assert all(domain_of(f"a@{domain}") == domain for domain in FREE_MAIL)
