"""Whose ticket it is."""

from __future__ import annotations

import pytest

from bridge.analysis.resolution import Directory

BOOK = Directory.build(
    names=[("Acme", 1), ("Borealis", 2), ("Twin", 5), ("TWIN", 6)],
    external_ids=[("crm:17", 1), ("erp:17", 2), ("crm:18", 2)],
    domains=[("acme.example", 1), ("shared.example", 1), ("shared.example", 2), ("gmail.com", 2)],
)


@pytest.mark.parametrize(
    ("ref", "domain", "account"),
    [
        (" acme ", None, 1),
        ("crm:17", None, 1),
        ("erp:17", None, 2),
        ("17", None, None),
        ("18", None, 2),
        ("Twin", None, None),
        (None, "ACME.example", 1),
        (None, "shared.example", None),
        (None, "gmail.com", None),
        ("Borealis", "acme.example", 2),
        ("Nobody", "acme.example", 1),
        ("", None, None),
        (None, None, None),
    ],
)
def test_what_the_desk_says_comes_before_the_domain(ref: str | None, domain: str | None, account: int | None) -> None:
    assert BOOK.resolve(ref, domain) == account
