"""The demo: the whole loop on the sample data, then what happens to three of its issues, then the loop until it rests.

Rule: every part asks the database what is left to do, so a second run does all steps and changes nothing.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import frontmatter
from sqlmodel import Session, col, select

from bridge.analysis.evaluation import Quality, evaluate
from bridge.bootstrap import Bridge
from bridge.demo.sample import Sample, sample_in, write_sample
from bridge.demo.scenario import DEMO_USERS, REMEDIES, TRACKER_MOVES, RemedyWords, TrackerMove
from bridge.jobs import Jobs
from bridge.progress import SYNC, Progress, StepReport
from bridge.service import clusters, remedies
from bridge.service.access import Actor
from bridge.service.account_import import import_accounts
from bridge.service.supplier_import import import_suppliers
from bridge.store.access import User
from bridge.store.accounts import Account
from bridge.store.clusters import Membership
from bridge.store.outbox import TrackerLink
from bridge.store.suppliers import Supplier
from bridge.store.sync import fact, set_fact
from bridge.store.tickets import Ticket
from bridge.words import RemedyState, Role

DESK, TRACKER = "helpdesk", "tracker"
ANCHOR, SCENE = "demo_anchor", "demo_scene"
MOST_ROUNDS = 5
OWN_ACCOUNTS = 12

CONFIG = """\
# The demo: a folder of exports as help desk, a folder of Markdown files as tracker. Every key: config.example.toml.

[workspace]
internal_domains = ["tumblewick.example"]

[publish]
mode = "automatic"
tracker = "tracker"

[publish.bar]
top = 20
min_accounts = 2

[connections.helpdesk]
type = "files"
path = "helpdesk"
notes = "remedies.jsonl"

[connections.tracker]
type = "files_tracker"
path = "tracker"
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo shows at its end."""

    quality: Quality
    published: int
    told: int


def lay_out(bridge: Bridge, home: Path, at: datetime) -> Sample:
    """The sample's files, dated from the first run on, and its accounts, suppliers and people in the database."""
    with bridge.db.write() as session:
        anchor = fact(session, ANCHOR) or at.astimezone(UTC).replace(microsecond=0).isoformat()
        set_fact(session, ANCHOR, anchor)
    sample = sample_in(home)
    if not sample.canaries.exists():
        sample = write_sample(home, datetime.fromisoformat(anchor))
    operator = Actor("demo", Role.ADMIN)
    with bridge.db.write() as session:
        import_accounts(session, operator, sample.accounts, at=at)
        import_suppliers(session, operator, sample.suppliers, at=at)
        _people(session)
    return sample


def _people(session: Session) -> None:
    """One account a role; suppliers' people belong to their supplier."""
    for person in DEMO_USERS:
        if session.exec(select(User).where(User.name == person.name)).first() is None:
            supplier = session.exec(select(Supplier.id).where(Supplier.name == person.supplier)).first()
            own = _dearest(session) if person.role is Role.CSM else None
            session.add(User(name=person.name, role=person.role, supplier_id=supplier, accounts=own))


def _dearest(session: Session) -> list[int]:
    """Accounts for a customer success manager: those worth most."""
    query = select(Account.id).order_by(col(Account.arr).desc().nulls_last(), col(Account.id)).limit(OWN_ACCOUNTS)
    return [id_ or 0 for id_ in session.exec(query)]


def play(
    bridge: Bridge,
    sample: Sample,
    *,
    progress: Progress,
    tell: Callable[[StepReport], None],
    now: Callable[[], datetime],
) -> Outcome:
    """Sync, let the scene happen once, sync until nothing is left to do. ``tell`` hears every step's report."""
    jobs = Jobs(bridge, progress=progress)
    for report in jobs.each(SYNC):
        tell(report)
    with bridge.db.read() as session:
        played = fact(session, SCENE)
    if played is None:
        _scene(bridge, sample, jobs, now)
        for _ in range(MOST_ROUNDS):
            reports = jobs.run(SYNC)
            for report in reports:
                if report.done or not report.ok:
                    tell(report)
            if not any(report.done for report in reports):
                break
        with bridge.db.write() as session:
            set_fact(session, SCENE, "played")
    return _outcome(bridge, sample)


def _scene(bridge: Bridge, sample: Sample, jobs: Jobs, now: Callable[[], datetime]) -> None:
    """A developer edits three files in the tracker; product writes and approves what support may say."""
    truth = _truth(sample)
    product = next(Actor(p.name, p.role) for p in DEMO_USERS if p.role is Role.PRODUCT_MANAGER)
    with bridge.db.write() as session:
        found = {move.issue: _cluster_of(session, truth, move.issue) for move in TRACKER_MOVES}
        for cluster_id in found.values():
            clusters.publish(session, product, cluster_id, at=now(), reason="part of the demo")
    jobs.run(("publish", "deliver"))
    with bridge.db.read() as session:
        files = {issue: _file_of(session, sample, cluster_id) for issue, cluster_id in found.items()}
    for move in TRACKER_MOVES:
        _edit(files[move.issue], move)
    jobs.run(("track", "plan"))
    for words in REMEDIES:
        with bridge.db.write() as session:
            _approve(session, product, found[words.issue], words, now())


def _truth(sample: Sample) -> dict[str, str]:
    """Ticket id -> the key of its true issue; a single is an issue of its own."""
    with sample.truth.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        return {r["ticket_id"]: r["issue"] if r["issue"] != "single" else f"single:{r['ticket_id']}" for r in rows}


def _cluster_of(session: Session, truth: dict[str, str], issue: str) -> int:
    """The cluster that holds most tickets of a true issue."""
    query = select(Ticket.source_id, Membership.cluster_id).join(
        Membership, col(Membership.ticket_id) == col(Ticket.id)
    )
    counts = Counter(cluster for source_id, cluster in session.exec(query) if truth.get(source_id) == issue)
    return counts.most_common(1)[0][0]


def _file_of(session: Session, sample: Sample, cluster_id: int) -> Path:
    link = session.get_one(TrackerLink, (cluster_id, TRACKER))
    return next((sample.helpdesk.parent / TRACKER).glob(f"{link.remote_id}*.md"))


def _edit(path: Path, move: TrackerMove) -> None:
    """What a developer does with an editor: change the status line, name the version."""
    post = frontmatter.load(str(path))
    post["status"] = move.status
    if move.fix_version:
        post["fix_version"], post["released"] = move.fix_version, move.released
    path.write_text(frontmatter.dumps(post) + "\n", encoding="utf-8")


def _approve(session: Session, actor: Actor, cluster_id: int, words: RemedyWords, at: datetime) -> None:
    shown = remedies.show(session, actor, cluster_id)
    changes = {
        "say": words.say,
        "say_short": words.say_short,
        "workaround.kind": str(words.workaround_kind),
        "workaround.steps_customer": words.workaround,
    }
    if shown["state"] == RemedyState.UNREVIEWED:
        changes["state"] = RemedyState.TRIAGE
    remedies.edit(session, actor, cluster_id, changes, at=at)
    remedies.approve(session, actor, cluster_id, at=at, owner=words.owner)


def _outcome(bridge: Bridge, sample: Sample) -> Outcome:
    truth = _truth(sample)
    with bridge.db.read() as session:
        query = select(Ticket.source_id, Membership.cluster_id).join(
            Membership, col(Membership.ticket_id) == col(Ticket.id)
        )
        placed = [(truth[source_id], cluster) for source_id, cluster in session.exec(query) if source_id in truth]
        links = session.exec(select(TrackerLink).where(col(TrackerLink.remote_id).is_not(None))).all()
    keys = {key: number for number, key in enumerate(sorted({key for key, _ in placed}))}
    quality = evaluate([keys[key] for key, _ in placed], [cluster for _, cluster in placed])
    notes = sample.helpdesk.parent / "remedies.jsonl"
    told = sum('"text"' in line for line in notes.read_text(encoding="utf-8").splitlines()) if notes.exists() else 0
    return Outcome(quality, len(links), told)
