"""The editor: what is typed is checked by the rules of the approval, saved as a draft, approved and shown as a card."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.analysis.remedy_fields import FIELDS, Klass
from bridge.service.access import Actor, Forbidden
from bridge.service.errors import ServiceError
from bridge.service.remedy_editor import EditorView, as_typed, editor, save, save_and_approve
from bridge.store.db import Database
from bridge.store.remedies import PlanRevision
from bridge.web.remedy_form import INPUTS, ZONES, typed
from bridge.words import Role
from tests.pipeline.loop import PM, Loop, three_issues

GOOD = {"state": "investigating", "owner": "R. Diaz", "say": "We look into it.", "say_short": "We look into it."}


@pytest.fixture
def loop(sqlite_db: Database) -> Loop:
    made = Loop(sqlite_db)
    three_issues(made)
    return made


def look(loop: Loop, said: dict[str, str] | None = None, actor: Actor = PM) -> EditorView:
    with loop.db.read() as session:
        return editor(session, actor, 1, at=loop.clock(), typed=typed(said) if said is not None else None)


def bad(view: EditorView) -> set[str]:
    return {finding.field for finding in view.findings if finding.level == "bad"}


def test_every_field_of_a_plan_has_one_place_in_the_form() -> None:
    placed = [one.name for zone in ZONES for row in (*zone.rows, *zone.more) for one in row]
    assert sorted(placed) == sorted({*FIELDS, "state"})
    assert set(placed) == set(INPUTS)


def test_no_internal_field_stands_in_the_customers_zone() -> None:
    customer = ZONES[0]
    in_zone = {one.name for row in (*customer.rows, *customer.more) for one in row}
    assert in_zone == {name for name, spec in FIELDS.items() if spec.klass is Klass.CUSTOMER}


def test_empty_form_says_what_is_missing(loop: Loop) -> None:
    view = look(loop)
    assert (view.next_revision, view.approved, view.typed["state"]) == (1, None, "triage")
    assert bad(view) == {"state"}
    assert view.to_tell == view.open == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"say": "Borealis has it too."}, "say"),
        ({"say": "Out on 4 Dec."}, "say"),
        ({"say": "Mail a.b@example.com"}, "say"),
        ({"say": "See BIL-412."}, "say"),
        ({"say_short": "x" * 161}, "say_short"),
        ({"eta.latest": "soon"}, "eta.latest"),
        ({"owner": ""}, "state"),
    ],
)
def test_what_is_wrong_is_found_before_approval_and_refused_by_it(
    loop: Loop, changes: dict[str, str], field: str
) -> None:
    said = {**GOOD, **changes}
    assert bad(look(loop, said)) == {field}
    with pytest.raises(ServiceError):
        loop.decide(save_and_approve, 1, typed(said))
    assert loop.rows(PlanRevision) == [], "nothing of a refused approval is kept"


def test_good_plan_is_approved_as_typed(loop: Loop) -> None:
    said = {
        **GOOD,
        "eta.kind": "date",
        "eta.latest": "2027-03-31",
        "eta.confidence": "high",
        "eta.shareable": "yes",
        "fixed_in_channels": "stable:4.2.1; beta:4.3",
        "error_signatures": "E12; E13",
    }
    preview = look(loop, said)
    assert (preview.bad, preview.unsaved) == (0, True)
    assert (preview.card.lamp.permission, preview.card.say.text) == ("OK to quote", "We look into it.")
    revision = loop.decide(save_and_approve, 1, typed(said))
    [draft, approved] = loop.rows(PlanRevision)
    assert (draft.confidence, approved.confidence, approved.revision) == ("draft", "approved", revision)
    view = look(loop)
    assert {name: view.typed[name] for name in said} == said
    assert (view.unsaved, view.draft, view.approved) == (False, None, revision)


def test_draft_that_cannot_be_approved_is_shown_as_not_approved(loop: Loop) -> None:
    view = look(loop, {**GOOD, "say": "Borealis has it too.", "say_short": ""})
    assert view.card.lamp.permission != "OK to quote"


def test_saving_the_same_again_makes_no_revision(loop: Loop) -> None:
    assert loop.decide(save, 1, typed(GOOD)) == 1
    assert loop.decide(save, 1, typed({**GOOD, "reason": "again"})) is None
    assert loop.decide(save, 1, typed({**GOOD, "say": "Other."})) == 2


def test_going_back_needs_a_reason(loop: Loop) -> None:
    loop.decide(save_and_approve, 1, typed(GOOD))
    back = {**GOOD, "state": "triage"}
    assert bad(look(loop, back)) == {"reason"}
    assert look(loop, back).needs_reason
    assert bad(look(loop, {**back, "reason": "it was another cause"})) == set()
    loop.decide(save_and_approve, 1, typed({**back, "reason": "it was another cause"}))
    assert loop.rows(PlanRevision)[-1].state == "triage"


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PRODUCT_MANAGER, Role.ADMIN)])
def test_others_do_not_edit(loop: Loop, role: Role) -> None:
    with pytest.raises(Forbidden):
        look(loop, actor=Actor("somebody", role))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (False, "no"), (["a", "b"], "a; b"), ([{"channel": "x", "version": "1"}], "x:1")],
)
def test_values_are_shown_as_they_are_typed(value: Any, text: str) -> None:
    assert as_typed(value) == text
