"""The agent card: who may see which, what never stands on it, and what it says where something is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.analysis.card_text import NOTHING_TO_SHARE, REPORTED
from bridge.analysis.customer_names import PUT_INSTEAD
from bridge.analysis.remedy_fields import FIELDS, Klass
from bridge.analysis.versions import Fits
from bridge.service import clusters, remedies
from bridge.service.access import Actor, Forbidden, Scope
from bridge.service.account_names import without_names
from bridge.service.card import issue_card
from bridge.service.errors import UnknownId
from bridge.store.clusters import Cluster
from bridge.store.db import Database
from bridge.store.remedies import RemedyPlan
from bridge.words import Confidence, Role
from tests.pipeline.loop import AGENT, Loop, ticket
from tests.service.card_desk import DAY, GROUP, issue, plan, show, supplier

CANARY = "canary-{}"
MONEY = 7_654_321.0


@pytest.fixture
def loop(db: Database) -> Loop:
    return Loop(db)


def everyone(loop: Loop) -> list[Actor]:
    own = supplier(loop)
    return [
        own,
        replace(own, role=Role.SUPPLIER_CONTACT),
        *(Actor(f"the {r}", r) for r in Role if "supplier_" not in r),
    ]


def test_card_never_holds_money_other_names_or_internal_fields(loop: Loop) -> None:
    loop.account("Quokka Freight", MONEY, "quokka.example")
    loop.account("Acme", 5_432.0, "acme.example")
    made = issue(loop, "Quokka Freight and Acme see a wrong total", "1", "2", group=GROUP, account="Acme")
    single = "Wrong total again at Quokka Freight"
    loop.put(ticket("3", single, group=GROUP, at=loop.clock()))
    loop.pull()
    internal = {
        name: CANARY.format(name)
        for name, spec in FIELDS.items()
        if spec.klass is Klass.INTERNAL and spec.kind == "text" and not spec.choices and name != "duplicate_of"
        and len(CANARY.format(name)) <= spec.limit
    }  # fmt: skip
    changes = {"state": "known_error", "cause_known": "yes", "workaround.kind": "none", "dont_say": "never-copied"}
    loop.decide(remedies.edit, made, {**internal, **changes, "say": "We know the cause of it."})
    loop.decide(remedies.approve, made)
    for actor in everyone(loop):
        shown = (
            [show(loop, number, actor) for number in ("1", "3")]
            if actor.role is not Role.CSM
            else [show(loop, "1", actor)]
        )
        text = json.dumps([asdict(card) for card in shown], default=str)
        assert "canary" not in text, actor.role
        assert "7654321" not in text
        assert "5432" not in text
        assert all("Quokka" not in str((c.why, c.say, c.caution, c.suggestions)) for c in shown)
        assert all("never-copied" not in card.say.text for card in shown)
        assert "never-copied" in shown[0].caution
    own_words = show(loop, "1").why
    assert own_words is not None
    assert own_words.title == f"{PUT_INSTEAD} and Acme see a wrong total"


def test_supplier_sees_tickets_of_own_groups_only_and_others_look_unknown(loop: Loop) -> None:
    issue(loop, "Own ticket fails", "1", "3", group=GROUP)
    issue(loop, "Other ticket fails", "2", "4", group="elsewhere")
    actor = supplier(loop)
    assert show(loop, "1", actor).issue is not None
    with pytest.raises(UnknownId) as hidden:
        show(loop, "2", actor)
    with pytest.raises(UnknownId) as missing:
        show(loop, "999", actor)
    assert str(hidden.value).replace("2", "N") == str(missing.value).replace("999", "N")


def test_plan_for_our_own_people_is_a_safe_sentence_to_a_supplier(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", "2", group=GROUP)
    plan(loop, made, "investigating", say="Only our own people say this.", audience="internal", dont_say="Ours alone.")
    assert show(loop, "1").say.text == "Only our own people say this."
    hidden = show(loop, "1", supplier(loop))
    assert hidden.say.text == REPORTED["en"]
    assert (str(hidden.lamp.light), hidden.lamp.word, hidden.lamp.confirmed_by) == ("grey", "Unreviewed", None)
    assert "Ours alone" not in json.dumps(asdict(hidden), default=str)


def test_issue_of_others_has_no_card_for_a_supplier_unless_its_plan_is_for_them(loop: Loop) -> None:
    private = issue(loop, "Private words of another", "1", "2", group="elsewhere")
    planned = issue(loop, "Also private words", "3", "4", group="elsewhere")
    plan(loop, planned, "investigating", say="We look into it.")
    actor = supplier(loop)
    with loop.db.read() as session:
        with pytest.raises(UnknownId):
            issue_card(session, actor, private, at=loop.clock())
        shown = issue_card(session, actor, planned, at=loop.clock())
        assert issue_card(session, AGENT, private, at=loop.clock()).why is not None
    assert shown.why is not None
    assert shown.why.title == f"IB-{planned}"


def test_own_agent_without_the_connection_gets_the_card_but_no_word_of_the_ticket(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", "2")
    plan(loop, made, "investigating", say="We look into it.")
    shown = show(loop, "1", replace(AGENT, connections=frozenset({"another"})))
    assert shown.say.text == "We look into it."
    assert shown.ticket is not None
    assert (shown.ticket.subject, shown.may_place) == (None, False)
    assert shown.why is not None
    assert shown.why.words == ()


def test_token_without_the_scope_gets_no_card(loop: Loop) -> None:
    issue(loop, "Total is wrong", "1")
    with pytest.raises(Forbidden):
        show(loop, "1", replace(AGENT, scopes=frozenset({Scope.METRICS})))


def test_why_names_shared_words_and_who_placed_it(loop: Loop) -> None:
    made = issue(loop, "Bank feed stops after two days", "1", "2", phrases=("bank feed", "reconnect"))
    why = show(loop, "1").why
    assert why is not None
    assert ("feed" in why.words, "reconnect" in why.words, why.by_person, why.alike) == (True, False, False, 1)
    loop.decide(clusters.move, [loop.id_of("1")], made)
    moved = show(loop, "1").why
    assert moved is not None
    assert moved.by_person


def test_merged_issue_says_what_it_was_called(loop: Loop) -> None:
    loser, winner = issue(loop, "SAML error", "1"), issue(loop, "Sign-in fails", "2", "3")
    loop.decide(clusters.merge_clusters, loser, winner)
    why = show(loop, "1").why
    assert why is not None
    assert (why.title, why.merged_from) == ("Sign-in fails", "SAML error")
    other = show(loop, "2").why
    assert other is not None
    assert other.merged_from is None


def test_tracker_that_contradicts_takes_the_quote_back(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", "2")
    plan(loop, made, "released", fixed_in_channels="stable:4.2", fix_version="4.2", say="Fixed in {fix_version}.")
    with loop.db.write() as session:
        row = session.get_one(RemedyPlan, 1)
        row.tracker_conflict = "the plan says released, the tracker says in_progress"
    shown = show(loop, "1")
    assert (str(shown.lamp.light), shown.fix) == ("red", NOTHING_TO_SHARE)
    assert "tracker says" in (shown.conflict or "")
    assert "4.2" not in shown.say.text
    assert "the tracker contradicts it" in shown.caution


def test_withdrawn_plan_falls_to_the_safe_sentence(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", "2")
    plan(loop, made, "investigating", say="Wrong words.")
    from bridge.store.plans import add_revision, plan_of

    with loop.db.write() as session:
        row = plan_of(session, made)
        assert row is not None
        add_revision(session, row, state="investigating", confidence=Confidence.WITHDRAWN, fields={"say": "Wrong words."},
                     actor="R. Diaz", at=loop.clock())  # fmt: skip
    shown = show(loop, "1")
    assert (str(shown.lamp.light), shown.say.text, shown.say.safe) == ("red", REPORTED["en"], True)
    assert shown.caution.startswith("What was said before is withdrawn.")


def test_draft_that_the_lint_refuses_or_that_names_a_customer_is_not_told(loop: Loop) -> None:
    loop.account("Quokka Freight", 1.0, "quokka.example")
    made = issue(loop, "Total is wrong", "1", "2")
    for said, told in (
        ("We look into it for everybody.", "We look into it for everybody."),
        ("Write to bob@ours.example about it.", REPORTED["en"]),
        ("Quokka Freight has it, too.", REPORTED["en"]),
        ("We fix it by 3 April. Save twice.", REPORTED["en"]),
    ):
        loop.decide(remedies.edit, made, {"state": "triage", "owner": "R. Diaz", "say": said})
        shown = show(loop, "1")
        assert (str(shown.lamp.light), shown.say.text) == ("amber", told)


def test_workaround_fits_the_version_yes_no_unknown(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", attributes={"product_version": "4.1.1"})
    loop.put(ticket("2", "Total wrong", attributes={"product_version": "5.0"}), ticket("3", "Total is"))
    loop.pull()
    loop.decide(clusters.move, [loop.id_of("2"), loop.id_of("3")], made)
    plan(loop, made, "known_error", cause_known="yes", workaround__kind="full", say="We know the cause.",
         workaround__steps_customer="Settings > Reload", workaround__applies_to_versions=">=4.1,<4.3")  # fmt: skip
    assert [show(loop, n).workaround.fits for n in "123"] == [Fits.YES, Fits.NO, Fits.UNKNOWN]
    assert ">=4.1" not in json.dumps(asdict(show(loop, "1")), default=str)


def test_old_copy_says_since_when(loop: Loop) -> None:
    issue(loop, "Total is wrong", "1", "2")
    assert show(loop, "1").read_at is None
    loop.clock.pass_(16 * 60)
    assert show(loop, "1").read_at == loop.clock() - timedelta(minutes=16)


def test_customers_on_an_older_version_are_no_regression(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1", "2")
    plan(loop, made, "released", fixed_in_channels="stable:4.2", fix_version="4.2", say="Fixed in {fix_version}.")
    loop.clock.pass_(DAY)
    old = issue(loop, "Total is off", "3", at=loop.clock(), attributes={"product_version": "4.1"})
    loop.decide(clusters.merge_clusters, old, made)
    assert str(show(loop, "1").lamp.light) == "green"
    new = issue(loop, "Total is still off", "4", at=loop.clock(), attributes={"product_version": "4.2"})
    loop.decide(clusters.merge_clusters, new, made)
    assert (str(show(loop, "1").lamp.light), show(loop, "1").lamp.reports_since) == ("red", 1)


def test_single_ticket_of_the_model_is_no_issue_until_somebody_plans_for_it(loop: Loop) -> None:
    made = issue(loop, "Total is wrong", "1")
    assert show(loop, "1").issue is None
    plan(loop, made, "investigating", say="We look into it.")
    assert show(loop, "1").issue == f"IB-{made}"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_survives_wherever_it_stands(before: str, after: str) -> None:
    from bridge.service import account_names

    known = frozenset({("quokka", "freight"), ("müller-lüdenscheidt",)})
    for name in ("Quokka Freight", "QUOKKA freight", "Müller-Lüdenscheidt"):
        out = account_names._without(f"{before} {name} {after}", known, (), PUT_INSTEAD)
        assert (
            name.casefold() not in out.casefold().replace(before.casefold(), "").replace(after.casefold(), "")
            or not out
        )


def test_names_are_looked_for_in_the_newest_list(loop: Loop) -> None:
    with loop.db.read() as session:
        assert without_names(session, ["Broken at Wombat Ltd"]) == ["Broken at Wombat Ltd"]
    loop.account("Wombat Ltd", 1.0, "wombat.example")
    with loop.db.read() as session:
        assert without_names(session, ["Broken at Wombat Ltd"]) == [f"Broken at {PUT_INSTEAD}"]
        assert without_names(session, ["Broken at Wombat Ltd"], "Wombat Ltd") == ["Broken at Wombat Ltd"]


def test_queries_of_a_card_are_bounded(loop: Loop) -> None:
    from sqlalchemy import event

    made = issue(loop, "Total is wrong", *(str(n) for n in range(1, 40)))
    plan(loop, made, "released", fixed_in_channels="stable:4.2", fix_version="4.2", say="Fixed in {fix_version}.")
    show(loop, "1")
    counted: list[str] = []
    event.listen(loop.db.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    show(loop, "1")
    assert len(counted) <= 16, counted
    with loop.db.read() as session:
        assert session.get(Cluster, made) is not None
