"""/segments/rules: reading them, what others would move, changing them and taking the change back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from bridge.service import segment_preview, segment_rules
from bridge.service.access import Permission
from bridge.web import here
from bridge.web.api.asked import row_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.segments import LastChangeOut, PreviewOut, RuleIn, RulesIn, RulesOut, RulesWanted

TAG = "Accounts"
_MAY = Permission.EDIT_VALUES


@read("/segments/rules", Permission.READ_VALUE, RulesOut, tag=TAG)
def read_segment_rules() -> RulesOut:
    """The rules, in their order."""
    with here.reading() as session:
        return _rules(session)


@write("/segments/rules/preview", _MAY, PreviewOut, body=RulesIn, tag=TAG)
def preview_segments(session: Session, json_data: RulesIn) -> PreviewOut:
    """Who would move by these rules, and how the Top 20 would; nothing is changed."""
    return PreviewOut.of(segment_preview.preview(session, here.actor(), _raws(json_data.rules), at=here.now()))


@write("/segments/rules", _MAY, RulesOut, body=RulesWanted, tag=TAG, method="put")
def set_segments(session: Session, json_data: RulesWanted) -> RulesOut:
    """Keep these rules, all or none, and rank by them."""
    wanted = json_data
    segment_rules.save(session, here.actor(), _raws(wanted.rules), wanted.mark, wanted.reason or "", at=here.now())
    return _rules(session)


@write("/segments/rules/<event>/undo", _MAY, RulesOut, tag=TAG)
def undo_segments(session: Session, event: str) -> RulesOut:
    """The rules of before, while those of the event stand."""
    segment_rules.undo(session, here.actor(), row_id(event, "decision"), at=here.now())
    return _rules(session)


def _raws(rules: Sequence[RuleIn]) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json") for rule in rules]


def _rules(session: Session) -> RulesOut:
    found = segment_rules.rules(session, here.actor())
    rules = [
        RuleIn(
            id=draft.id,
            name=draft.name,
            value_default=draft.value_default,
            expectation_tier=draft.expectation_tier,
            **{key: value for key, value in draft.rule.items() if key in RuleIn.model_fields},
        )
        for draft in found.drafts
    ]
    last = LastChangeOut.of(found.last) if found.last else None
    return RulesOut(rules=rules, mark=found.mark, currency=found.currency, may_edit=found.may_edit, last=last)
