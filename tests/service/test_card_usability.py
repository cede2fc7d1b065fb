"""The script of domain.md 6.1: eight tickets, and for each the one right statement to the customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.analysis.card_text import CHECKING, RECEIVED
from bridge.service.card_view import Card
from bridge.store.db import Database
from tests.pipeline.loop import Loop, ticket
from tests.service.card_desk import DAY, issue, plan, show

GERMAN = "Wir kennen die Ursache. Bitte laden Sie das neue Zertifikat hoch, dann klappt die Anmeldung wieder."


@pytest.fixture
def cards(db: Database) -> dict[str, Card]:
    loop = Loop(db)
    stale = issue(loop, "Bank feed stops after two days", "2")
    plan(loop, stale, "investigating", say="We are looking into it. You hear from us by {review_due}.")
    loop.clock.pass_(12 * DAY)
    eta = (loop.clock() + timedelta(days=20)).date().isoformat()
    green = issue(loop, "PDF invoice shows wrong VAT total", "1")
    plan(
        loop, green, "planned", say_short="We found the cause. {eta}", fix_version="4.2",
        eta__kind="date", eta__latest=eta, eta__confidence="high", eta__shareable="yes",
    )  # fmt: skip
    declined = issue(loop, "Cannot change the currency of a draft", "3")
    plan(
        loop,
        declined,
        "declined",
        decline_reason="by_design",
        say="We don't plan to change this. Copy the draft instead.",
    )
    older = issue(loop, "Webhooks arrive twice", "4", attributes={"product_version": "4.1.1"})
    plan(
        loop,
        older,
        "released",
        fix_version="4.1.3",
        fixed_in_channels="stable:4.1.3",
        say="This is fixed in {fix_version}.",
    )
    duplicate = issue(loop, "SAML error", "5")
    plan(loop, duplicate, "duplicate", duplicate_of=f"IB-{declined}")
    again = issue(loop, "Reminders go to archived customers", "7")
    plan(loop, again, "released", fix_version="4.1.2", fixed_in_channels="stable:4.1.2", say="This is fixed in 4.1.2.")
    other = issue(loop, "SSO fails after certificate rotation", "8")
    plan(loop, other, "known_error", cause_known="yes", workaround__kind="none", say=GERMAN)
    loop.clock.pass_(3600)
    loop.put(ticket("6", "Cannot print labels", at=loop.clock()))
    loop.pull()
    issue(loop, "Reminders again", "9", attributes={"product_version": "4.1.2"}, at=loop.clock())
    from bridge.service import clusters

    loop.decide(clusters.move, [loop.id_of("9")], again)
    return {number: show(loop, number) for number in "12345678"}


RIGHT = {
    "1": ("green", "OK to quote", "We found the cause. It is expected by 2 Apr 2026."),
    "2": ("amber", "No dates", "We are looking into it."),
    "3": ("green", "OK to quote", "We don't plan to change this. Copy the draft instead."),
    "4": ("green", "OK to quote", "This is fixed in 4.1.3."),
    "5": ("green", "OK to quote", "We don't plan to change this. Copy the draft instead."),
    "6": ("grey", "Safe sentence only", RECEIVED["en"]),
    "7": ("red", "Do not say “fixed”", CHECKING["en"]),
    "8": ("green", "OK to quote", GERMAN),
}


def test_eight_tickets_eight_right_statements(cards: dict[str, Card]) -> None:
    told = {number: (str(c.lamp.light), c.lamp.permission, c.say.text) for number, c in cards.items()}
    assert told == RIGHT
    assert cards["1"].fix == "Expected by 2 Apr 2026, in version 4.2"
    assert [cards[n].fix for n in "267"] == ["No date to share"] * 3
    assert cards["4"].fix == "Fixed in 4.1.3, released 13 Mar. This customer runs 4.1.1: update needed"
    assert cards["7"].lamp.word == "Regression"
    assert cards["7"].lamp.reports_since == 1
    assert "Do not say that it is fixed in 4.1.2" in cards["7"].caution
    assert cards["8"].say.language == "de"
    why = cards["5"].why
    assert why is not None
    assert (why.title, why.merged_from) == ("Cannot change the currency of a draft", "SAML error")
