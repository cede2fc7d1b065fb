from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.mailtext import clean
from tests.analysis.mails import MAILS


@pytest.mark.parametrize(("language", "mail", "core"), MAILS)
def test_the_core_is_what_is_left(language: str, mail: str, core: str) -> None:
    assert clean(mail).split() == core.split()


@given(st.text(max_size=500))
def test_no_text_with_words_becomes_empty(text: str) -> None:
    assert bool(clean(text)) == bool(text.strip())


@given(st.lists(st.sampled_from([line for _, mail, _ in MAILS for line in mail.split("\n")]), max_size=25))
def test_nothing_is_invented(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert set(re.findall(r"\w+", clean(text))) <= set(re.findall(r"\w+", text))


def test_a_mail_of_placeholders_and_wrapping_keeps_something() -> None:
    assert clean("[email]") == "[email]"
    assert clean("> only a quote") == "> only a quote"


@pytest.mark.parametrize(
    "unit",
    [
        "> ",
        "On 1, ",
        "From: x\n",
        "thanks ",
        "hi ",
        "this e-mail ",
        "\n",
        "_",
        "de: ",
        "kind ",
        "best regards\n",
        "merci,\n",
        "a " * 50 + "\n",
    ],
)
def test_time_grows_with_the_mail_and_not_with_its_square(unit: str) -> None:
    def cost(length: int) -> float:
        mail = (unit * (length // len(unit) + 1))[:length]
        begun = time.process_time()
        clean(mail)
        return time.process_time() - begun

    small = max(min(cost(20_000) for _ in range(2)), 0.01)
    assert any(cost(160_000) < 30 * small for _ in range(3)), "more than once: another process may have had the core"
