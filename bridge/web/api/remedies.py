"""/clusters/{issue}/remedy: the plan, for people who may read what is internal; others find theirs in the issue."""

from __future__ import annotations

from sqlmodel import Session

from bridge.service import remedies, remedy_editor
from bridge.service.access import Permission
from bridge.service.clusters import living
from bridge.store.remedies import PlanRevision
from bridge.web import here
from bridge.web.api.asked import issue_id
from bridge.web.api.blueprint import read, write
from bridge.web.api.schemas.remedy import Approve, Approved, Checked, Edit, RemedyOut, Revised, WarningOut
from bridge.words import display_id

TAG = "Remedies"
_P = Permission


@read("/clusters/<issue>/remedy", _P.READ_INTERNAL, RemedyOut, tag=TAG)
def remedy(issue: str) -> RemedyOut:
    """The plan as it stands, with its history."""
    with here.reading() as session:
        return RemedyOut.of(remedies.show(session, here.actor(), issue_id(issue)))


@write("/clusters/<issue>/remedy", _P.EDIT_REMEDY, Revised, body=Edit, method="patch", tag=TAG)
def edit(session: Session, issue: str, json_data: Edit) -> Revised:
    """Set some fields: a new draft revision."""
    row = remedies.edit(session, here.actor(), issue_id(issue), json_data.set, at=here.now(), reason=json_data.reason)
    return Revised(cluster=_cluster(session, issue), **_of(row))


@write("/clusters/<issue>/remedy/check", _P.EDIT_REMEDY, Checked, body=Edit, tag=TAG)
def check_plan(session: Session, issue: str, json_data: Edit) -> Checked:
    """What an approval would say with these fields set; nothing is changed."""
    cluster_id, at = issue_id(issue), here.now()
    typed = remedy_editor.editor(session, here.actor(), cluster_id, at=at).typed
    typed = {**typed, **json_data.set, "reason": json_data.reason or ""}
    return Checked.of(remedy_editor.editor(session, here.actor(), cluster_id, at=at, typed=typed))


@write("/clusters/<issue>/remedy/approve", _P.APPROVE_REMEDY, Approved, body=Approve, tag=TAG)
def approve(session: Session, issue: str, json_data: Approve) -> Approved:
    """From now on agents may quote the newest revision. Approving again confirms it."""
    row, problems = remedies.approve(
        session, here.actor(), issue_id(issue), at=here.now(), owner=json_data.owner or None
    )
    warnings = [WarningOut(field=p.field, message=p.message) for p in problems]
    return Approved(cluster=_cluster(session, issue), warnings=warnings, **_of(row))


def _cluster(session: Session, issue: str) -> str:
    return display_id(living(session, issue_id(issue)).id or 0)


def _of(row: PlanRevision) -> dict[str, object]:
    return {"revision": row.revision, "state": row.state, "confidence": row.confidence}
