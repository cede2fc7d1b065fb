"""What people decide about remedy plans. A note always needs an approved plan; a person's word beats the tracker's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from bridge.analysis.remedy_fields import FIELDS, FieldError, parse_field
from bridge.analysis.remedy_lint import Problem, lint
from bridge.analysis.remedy_states import is_backward, is_stale, missing, review_due
from bridge.analysis.remedy_text import Quote, note_text
from bridge.service.access import Actor, Permission, require
from bridge.service.clusters import living
from bridge.service.errors import ServiceError
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster
from bridge.store.events import record
from bridge.store.plans import add_revision, ensure_plan, plan_of, revision, revisions
from bridge.store.publishing import remote_issues
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.sync import bump
from bridge.words import Confidence, RemedyState, display_id, parse_cluster_id

RELEASED = (RemedyState.RELEASED, RemedyState.VERIFIED)


def show(session: Session, actor: Actor, cluster_id: int) -> dict[str, Any]:
    """The plan as it stands: newest revision, approved revision, the note that agents get, and the history."""
    require(actor, Permission.READ_CLUSTERS)
    cluster = living(session, cluster_id)
    plan = plan_of(session, cluster.id or 0)
    if plan is None:
        state = RemedyState.UNREVIEWED.value
        return {"id": display_id(cluster.id or 0), "title": cluster.title, "state": state, "history": []}
    approved = revision(session, plan, plan.approved_revision)
    return {
        "id": display_id(cluster.id or 0),
        "title": cluster.title,
        "state": plan.state,
        "conflict": plan.tracker_conflict,
        "newest": _public(revision(session, plan, plan.revision)),
        "approved": _public(approved),
        "note": note_text(quote(cluster, approved)) if approved else None,
        "history": [_public(row, fields=False) for row in revisions(session, plan)],
    }


def edit(
    session: Session,
    actor: Actor,
    cluster_id: int,
    changes: Mapping[str, str],
    *,
    at: datetime,
    reason: str | None = None,
) -> PlanRevision:
    """A new draft revision with these fields set; "state" is one of them. Raises ServiceError for a bad field."""
    require(actor, Permission.EDIT_REMEDY)
    cluster = living(session, cluster_id)
    plan = ensure_plan(session, cluster.id or 0)
    newest = revision(session, plan, plan.revision)
    state = _state(changes.get("state"), newest)
    fields = dict(newest.fields) if newest else {}
    try:
        fields.update({name: parse_field(name, text) for name, text in changes.items() if name != "state"})
    except FieldError as error:
        raise ServiceError(str(error)) from None
    standing = revision(session, plan, plan.approved_revision) or newest
    old = RemedyState(standing.state) if standing else RemedyState.UNREVIEWED
    if is_backward(old, state) and not reason:
        raise ServiceError(f"going back from {old} to {state} takes a promise back: give the reason by --reason")
    row = add_revision(
        session, plan, state=state, confidence=Confidence.DRAFT, fields=fields, actor=actor.name, at=at, reason=reason
    )
    _record(session, "plan.revised", plan, row, actor=actor, at=at, reason=reason)
    bump(session, "board")
    return row


def approve(
    session: Session, actor: Actor, cluster_id: int, *, at: datetime, owner: str | None = None
) -> tuple[PlanRevision, list[Problem]]:
    """Approve the newest revision: from now on agents may quote it. Returns it with the lint's warnings. Approving
    what is approved changes nothing, unless its time is over or the tracker contradicts it: then it is confirmed.

    Raises ServiceError where the state lacks something or a text must not leave the house.
    """
    require(actor, Permission.APPROVE_REMEDY)
    cluster = living(session, cluster_id)
    plan = plan_of(session, cluster.id or 0)
    newest = revision(session, plan, plan.revision) if plan else None
    if plan is None or newest is None:
        raise ServiceError(
            f"{display_id(cluster_id)} has no plan yet: `bridge remedy edit {cluster_id} --set state=...`"
        )
    fields = {**newest.fields, **({"owner": owner} if owner else {})}
    state = RemedyState(newest.state)
    if needs := missing(state, fields, len(remote_issues(session, cluster))):
        raise ServiceError(f"a plan that is {state} needs: {'; '.join(needs)}")
    _check_against_approved(session, plan, newest)
    if state is RemedyState.DUPLICATE:
        _check_duplicate(session, cluster, str(fields["duplicate_of"]))
    problems = lint(fields, list(session.exec(select(Account.name))))
    if errors := [p for p in problems if p.level == "error"]:
        raise ServiceError("\n".join(f"{p.field} {p.message}" for p in errors))
    same = newest.confidence == Confidence.APPROVED and newest.fields == fields
    if same and plan.tracker_conflict is None and not is_stale(state, newest.at, at):
        return newest, problems
    row = add_revision(
        session, plan, state=state, confidence=Confidence.APPROVED, fields=fields, actor=actor.name, at=at
    )
    _stand(plan, row, at)
    session.add(plan)
    bump(session, "plans")
    _record(session, "plan.approved", plan, row, actor=actor, at=at)
    return row, problems


def quote(cluster: Cluster, row: PlanRevision) -> Quote:
    """An approved revision as it may be told."""
    return Quote(cluster.id or 0, cluster.title, RemedyState(row.state), row.fields, row.revision, row.actor, row.at)


def _check_against_approved(session: Session, plan: RemedyPlan, newest: PlanRevision) -> None:
    standing = revision(session, plan, plan.approved_revision)
    if standing is None or newest.reason:
        return
    if is_backward(RemedyState(standing.state), RemedyState(newest.state)):
        raise ServiceError(
            f"going back from {standing.state} to {newest.state} takes a promise back: give the reason by"
            f" `bridge remedy edit {plan.cluster_id} --set state={newest.state} --reason ...`"
        )


def _check_duplicate(session: Session, cluster: Cluster, target: str) -> None:
    """The chain of duplicates must end at a living issue that is no duplicate."""
    seen = {cluster.id}
    while True:
        try:
            other = living(session, parse_cluster_id(target))
        except ValueError as error:
            raise ServiceError(f"duplicate_of: {error}") from None
        if other.id in seen:
            raise ServiceError(
                f"duplicate_of: {target} leads back to {display_id(cluster.id or 0)}: name another issue"
            )
        seen.add(other.id)
        plan = plan_of(session, other.id or 0)
        standing = revision(session, plan, plan.approved_revision) if plan else None
        if standing is None or standing.state != RemedyState.DUPLICATE:
            return
        target = str(standing.fields["duplicate_of"])


def _stand(plan: RemedyPlan, row: PlanRevision, at: datetime) -> None:
    """The plan stands at this revision now; whatever the tracker said against the last one is decided."""
    plan.approved_revision, plan.state, plan.tracker_conflict = row.revision, row.state, None
    if RemedyState(row.state) in RELEASED:
        plan.released_at = plan.released_at or at
    else:
        plan.released_at = None


def _state(wanted: str | None, newest: PlanRevision | None) -> RemedyState:
    if wanted is None:
        return RemedyState(newest.state) if newest else RemedyState.TRIAGE
    if wanted not in set(RemedyState):
        raise ServiceError(f"state takes {', '.join(RemedyState)}, not {wanted!r}")
    return RemedyState(wanted)


def _record(
    session: Session,
    kind: str,
    plan: RemedyPlan,
    row: PlanRevision,
    *,
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    after = {"revision": row.revision, "state": row.state, "fields": sorted(row.fields)}
    record(session, kind, f"cluster:{plan.cluster_id}", actor=actor.name, at=at, after=after, reason=reason)


def _public(row: PlanRevision | None, *, fields: bool = True) -> dict[str, Any] | None:
    if row is None:
        return None
    due = review_due(RemedyState(row.state), row.at)
    shown: dict[str, Any] = {
        "revision": row.revision,
        "state": row.state,
        "confidence": row.confidence,
        "by": row.actor,
        "at": row.at.isoformat(),
        "review_due": due.date().isoformat() if due else None,
        "reason": row.reason,
    }
    if fields:
        shown["fields"] = {name: row.fields[name] for name in FIELDS if name in row.fields}
    return shown
