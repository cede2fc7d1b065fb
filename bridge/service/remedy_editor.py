"""A remedy plan while somebody writes it: what is typed, what stands against approving it, what agents would see.

Rule: checking writes nothing, and the findings are those on which the approval itself decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from bridge.analysis.remedy_fields import FIELDS, FieldError, parse_field
from bridge.analysis.remedy_lint import lint
from bridge.analysis.remedy_states import is_backward, missing
from bridge.analysis.remedy_text import Quote
from bridge.service import card_words, remedies
from bridge.service.access import Actor, Permission, may, require
from bridge.service.card_issue import Told
from bridge.service.card_view import Card
from bridge.service.clusters import living
from bridge.service.issue_counts import counts
from bridge.service.issue_plan import Plans, load_plan
from bridge.service.scored import scored
from bridge.service.standing import Standing
from bridge.service.trust import STATE_WORD, trust
from bridge.store.accounts import Account
from bridge.store.clusters import Cluster
from bridge.store.publishing import remote_issues
from bridge.words import Confidence, RemedyState, display_id

STATE = "state"
REASON = "reason"


@dataclass(frozen=True, slots=True)
class Finding:
    """``level``: bad stops the approval, warn is to look at, ok is what was checked and holds."""

    level: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class EditorView:
    """``typed``: every field as text, "state" and "reason" among them. ``approved``: the revision that agents see now.

    ``to_tell``: internal notes that an approval sends. ``unsaved``: what is typed differs from the newest revision.
    """

    id: str
    cluster_id: int
    title: str
    next_revision: int
    approved: int | None
    draft: int | None
    conflict: str | None
    score: float | None
    currency: str
    accounts: int | None
    open: int
    to_tell: int
    typed: Mapping[str, str]
    findings: tuple[Finding, ...]
    needs_reason: bool
    unsaved: bool
    card: Card

    @property
    def bad(self) -> int:
        return sum(finding.level == "bad" for finding in self.findings)

    @property
    def warn(self) -> int:
        return sum(finding.level == "warn" for finding in self.findings)


def editor(
    session: Session, actor: Actor, cluster_id: int, *, at: datetime, typed: Mapping[str, str] | None = None
) -> EditorView:
    """``typed`` None: what the newest revision says."""
    require(actor, Permission.EDIT_REMEDY)
    cluster = living(session, cluster_id)
    id_ = cluster.id or 0
    plans, found, of_issue = load_plan(session, id_), scored(session, id_), counts(session, id_)
    stored = _stored(plans)
    typed = stored if typed is None else {**dict.fromkeys(stored, ""), **typed}
    fields, wrong = _parsed(typed)
    state = RemedyState(typed[STATE]) if typed[STATE] in set(RemedyState) else RemedyState.TRIAGE
    backward = _is_backward(plans, state)
    findings = (*wrong, *_findings(session, cluster, state, fields, backward=backward and not typed.get(REASON)))
    standing = plans.plan.approved_revision if plans.plan else None
    newest = plans.rows[-1].revision if plans.rows else 0
    return EditorView(
        id=display_id(id_),
        cluster_id=id_,
        title=cluster.title,
        next_revision=newest + 1,
        approved=standing,
        draft=newest if newest and newest != standing else None,
        conflict=plans.plan.tracker_conflict if plans.plan else None,
        score=found.score.score if found and may(actor, Permission.READ_VALUE) else None,
        currency=found.record["currency"] if found else "EUR",
        accounts=found.record["accounts"] if found else None,
        open=of_issue.open,
        to_tell=of_issue.open,
        typed=typed,
        findings=findings,
        needs_reason=backward,
        unsaved=_said(typed) != _said(stored),
        card=_card(session, actor, cluster, state, fields, newest + 1, [f for f in findings if f.level == "bad"], at),
    )


def save(session: Session, actor: Actor, cluster_id: int, typed: Mapping[str, str], *, at: datetime) -> int | None:
    """A draft of what is typed; None where that is what the newest revision says already. Raises ServiceError."""
    require(actor, Permission.EDIT_REMEDY)
    stored = _stored(load_plan(session, living(session, cluster_id).id or 0))
    if _said(typed) == {name: text for name, text in _said(stored).items() if name in typed}:
        return None
    changes = {name: text for name, text in typed.items() if name != REASON}
    row = remedies.edit(session, actor, cluster_id, changes, at=at, reason=typed.get(REASON) or None)
    return row.revision


def save_and_approve(session: Session, actor: Actor, cluster_id: int, typed: Mapping[str, str], *, at: datetime) -> int:
    """The revision that agents may quote from now on. Raises ServiceError, and then nothing is to be kept."""
    require(actor, Permission.APPROVE_REMEDY)
    save(session, actor, cluster_id, typed, at=at)
    row, _ = remedies.approve(session, actor, cluster_id, at=at)
    return row.revision


def as_typed(value: Any) -> str:
    """A stored value as somebody would type it: the inverse of ``parse_field``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(f"{v['channel']}:{v['version']}" if isinstance(v, dict) else str(v) for v in value)
    return str(value)


def _stored(plans: Plans) -> dict[str, str]:
    newest = plans.rows[-1] if plans.rows else None
    fields: Mapping[str, Any] = newest.fields if newest else {}
    state = newest.state if newest else RemedyState.TRIAGE.value
    return {STATE: state, REASON: "", **{name: as_typed(fields.get(name)) for name in FIELDS}}


def _said(typed: Mapping[str, str]) -> dict[str, str]:
    """What is compared: a reason alone is no change, and neither are line ends or a "no" that nobody said."""
    return {
        name: "" if FIELDS.get(name) and FIELDS[name].kind == "flag" and text == "no" else " ".join(text.split())
        for name, text in typed.items()
        if name != REASON
    }


def _parsed(typed: Mapping[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    fields: dict[str, Any] = {}
    wrong: list[Finding] = []
    for name in FIELDS:
        try:
            value = parse_field(name, typed.get(name, ""))
        except FieldError as error:
            wrong.append(Finding("bad", name, str(error).removeprefix(f"{name} ")))
            continue
        if value is not None:
            fields[name] = value
    return fields, wrong


def _is_backward(plans: Plans, state: RemedyState) -> bool:
    standing = plans.standing
    return standing is not None and is_backward(RemedyState(standing.state), state)


def _findings(
    session: Session, cluster: Cluster, state: RemedyState, fields: Mapping[str, Any], *, backward: bool
) -> list[Finding]:
    found = [
        Finding("bad", STATE, f"{STATE_WORD[state]} needs {need.replace('_', ' ')}")
        for need in missing(state, fields, len(remote_issues(session, cluster)))
    ]
    if backward:
        found.append(Finding("bad", REASON, "Going back takes a promise back: say why."))
    problems = lint(fields, list(session.exec(select(Account.name))))
    found += [Finding("bad" if p.level == "error" else "warn", p.field, p.message) for p in problems]
    if fields.get("eta.earliest", "") > fields.get("eta.latest", "9999"):
        found.append(Finding("warn", "eta.earliest", "lies after the latest day"))
    if not fields.get("say"):
        found.append(Finding("warn", "say", "is empty: agents get the safe sentence of the state"))
    found.sort(key=lambda finding: finding.level)
    return found + _held(problems)


def _held(problems: Sequence[Any]) -> list[Finding]:
    """What was looked for and not found: said, so that a clean list is no empty one."""
    messages = " ".join(problem.message for problem in problems)
    checks = (
        ("names the account", "No customer's name"),
        ("personal data", "No personal data, no secret"),
        ("typed date", "No date typed by hand"),
        ("ticket key", "No ticket keys, no internal links"),
    )
    return [Finding("ok", "", text) for sign, text in checks if sign not in messages]


def _card(
    session: Session,
    actor: Actor,
    cluster: Cluster,
    state: RemedyState,
    fields: Mapping[str, Any],
    revision: int,
    bad: Sequence[Finding],
    at: datetime,
) -> Card:
    """The card as agents would see it once this is approved; not approved where that cannot be."""
    latest = fields.get("eta.latest")
    judged = trust(
        state,
        Confidence.DRAFT if bad else Confidence.APPROVED,
        at,
        at=at,
        confirmed_by=actor.name,
        owner=fields.get("owner"),
        eta_latest=date.fromisoformat(latest) if latest else None,
    )
    quote = Quote(cluster.id or 0, cluster.title, state, fields, revision, actor.name, at)
    title = str(fields.get("title_customer") or cluster.title)
    told = Told(cluster, Standing(judged, quote, revision=revision), title)
    return Card(
        ticket=None,
        issue=display_id(cluster.id or 0),
        lamp=card_words.lamp(told),
        say=card_words.say(session, told, None, at),
        workaround=card_words.what_to_do(told, None),
        fix=card_words.when_fixed(told, None, at),
        caution=card_words.caution(told),
        why=card_words.why(session, told, None, None),
        escalate=card_words.escalation(told),
    )
