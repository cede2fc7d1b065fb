"""What stops an approval, what only warns, and what must not be held against a text."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.analysis.remedy_lint import lint
from tests.analysis.pii import CANARIES
from tests.analysis.remedies import planted

ACCOUNTS = ("Acme Industries", "Borealis", "Ida", "C++ House")
SHARED = {"eta.shareable": True, "eta.confidence": "high"}


def errors(**fields: Any) -> list[str]:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return [p.message for p in lint(named, ACCOUNTS) if p.level == "error"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Also acme industries has it", "names the account 'Acme Industries'"),
        ("as C++ House said", "names the account 'C++ House'"),
        ("Write to jo@example.com", "personal data or a secret (email)"),
        ("Fixed on 2027-03-04", "typed date '2027-03-04'"),
        ("Fixed on 2027/3/4", "typed date"),
        ("Fixed on 4.3.2027", "typed date"),
        ("Fixed by 3/4/27", "typed date"),
        ("by March 5th", "typed date"),
        ("on the 5th of March", "typed date"),
        ("in Q3 2027", "typed date"),
        ("by end of June", "typed date"),
        ("in Q3", "typed date"),
        ("see PROJ-123", "ticket key 'PROJ-123'"),
        ("see wiki.corp for more", "internal address 'wiki.corp'"),
        ("see https://git.internal/x", "internal address 'git.internal'"),
    ],
)
@pytest.mark.parametrize("field", ["say", "say_short", "title_customer", "workaround__steps_customer"])
def test_what_may_not_leave(field: str, text: str, words: str) -> None:
    assert any(words in message for message in errors(**{field: text}))


@pytest.mark.parametrize(
    "text",
    [
        "Ida helps", "Set the encoding to UTF-8", "Use SHA-256", "You may retry 3 times", "market 20 and 3 marketing pages",
        "Version 4.2.1 solves it", "Press Ctrl+2", "You may do so", "A second 5 minutes later", "Acme is not the name",
    ],
)  # fmt: skip
def test_what_is_harmless(text: str) -> None:
    assert errors(say=text) == []


@pytest.mark.parametrize(("kind", "text", "secret"), CANARIES)
def test_personal_data_never_passes(kind: str, text: str, secret: str) -> None:
    assert errors(say=text)


def test_public_address_is_only_asked_about() -> None:
    [problem] = lint({"say": "See https://status.example.com"}, ())
    assert (problem.level, problem.field) == ("warning", "say")
    assert "is it public?" in problem.message


def test_eta_needs_to_be_shareable() -> None:
    assert errors(say="Soon. {eta}") == ["uses {eta}, but eta.shareable is not yes"]
    assert errors(say="Soon. {eta}", eta__shareable=True) == []


@pytest.mark.parametrize("text", ["It will be there. {eta}", "You'll have it. {eta}", "We’ll fix it {eta}"])
def test_will_beside_an_eta_needs_high_confidence(text: str) -> None:
    assert 'says "will" beside {eta}, but eta.confidence is not high' in errors(say=text, eta__shareable=True)
    assert errors(say=text, eta__shareable=True, eta__confidence="high") == []


def test_placeholders_stand_in_say_only_and_are_known() -> None:
    assert errors(workaround__steps_customer="Wait. {eta}") == ["uses {eta}, which is filled in only in say"]
    assert "nothing fills in" in errors(say="Out in {version}")[0]
    assert errors(workaround__steps_customer='Send {"a": 1} or {name}') == []


def test_versions_are_no_dates_and_no_addresses_but_names_count() -> None:
    channels = [{"channel": "stable", "version": "10.4.2.1"}]
    assert errors(fix_version="10.4.2.1", fixed_in_channels=channels) == []
    assert errors(fixed_in_channels=[{"channel": "Borealis", "version": "1"}])


def test_internal_fields_may_say_anything() -> None:
    fields = {**planted(), "internal_notes": "Borealis, jo@example.com, 2027-03-04, PROJ-1", "dont_say": "PROJ-1"}
    assert lint(fields, ACCOUNTS) == []
