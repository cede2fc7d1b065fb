"""Small random workspaces, once as rows of the product's database and once as the world of the literal arithmetic.

The rule: both are drawn from the same plain values here; neither is made from the other.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from sqlmodel import Session, SQLModel

from bridge.analysis.scoring import ScoringConfig
from bridge.store.accounts import Account, AccountDomain, AccountExternalId, Segment
from bridge.store.clusters import Cluster, Membership, ScoringConfigVersion
from bridge.store.remedies import PlanRevision, RemedyPlan
from bridge.store.tickets import Ticket
from tests.analysis import literal_ranking as literal

START = datetime(2026, 3, 27, 23, 30, tzinfo=UTC)
OURS, SHARED = "ours.example", "shared.example"
FLOORS = (("top", 100_000), ("middle", 10_000), ("rest", None))
CLUSTERS = 4
_HOURS = st.sampled_from([-48, 0, 1, 24, 24, 28 * 24 - 1, 28 * 24, 28 * 24 + 1, 45 * 24, 180 * 24, 400 * 24])
_MONEY = st.sampled_from([0, 600, 9_999, 10_000, 24_000, 100_000, 240_000, 1_234_567])


@dataclass(frozen=True)
class Company:
    arr: int | None
    margin: float | None
    named: str | None
    tier: str | None
    band: str | None
    renewal: int | None
    uplift: int
    expires: int | None
    lifecycle: str


@dataclass(frozen=True)
class Case:
    """A ticket; `who` is a way of saying who wrote and a number, `signal` and `created` are instants."""

    who: tuple[str, int]
    cluster: int
    priority: str
    status: str
    created: datetime
    signal: datetime
    q: float
    human: bool
    gone: bool


@dataclass(frozen=True)
class Plan:
    state: str
    approved: bool
    workaround: str
    verified: bool
    severity: str | None
    released: datetime | None


@dataclass(frozen=True)
class Workspace:
    as_of: datetime
    segments: tuple[tuple[int, str], ...]
    companies: tuple[Company, ...]
    cases: tuple[Case, ...]
    severities: tuple[str | None, ...]
    plans: tuple[Plan | None, ...]
    beta_times: int = 1
    """A hundred times the usual betas bring propensities to their cap."""


_COMPANY = st.builds(
    Company,
    arr=st.none() | _MONEY,
    margin=st.sampled_from([None, None, 1.0, 0.75, 0.0]),
    named=st.sampled_from([None, None, "top", "middle", "rest"]),
    tier=st.sampled_from([None, "premium", "standard", "self_serve"]),
    band=st.sampled_from([None, "low", "normal", "elevated", "high"]),
    renewal=st.sampled_from([None, -31, -30, -1, 0, 30, 31, 77, 180, 181]),
    uplift=st.sampled_from([0, 0, 5_000]),
    expires=st.sampled_from([None, -1, 0, 9]),
    lifecycle=st.sampled_from(["active"] * 6 + ["prospect", "churned"]),
)
_WHO = st.sampled_from(
    [
        "name",
        "external id",
        "domain",
        "domain",
        "wrong name",
        "shared",
        "corporate",
        "free mail",
        "unlisted",
        "nobody",
        "ours",
    ]
)
_SEVERITY = st.sampled_from([None, None, None, "S1", "S2", "S3", "S4"])


@st.composite
def _case(draw: st.DrawFn, as_of: datetime) -> Case:
    signal = as_of - timedelta(hours=draw(_HOURS))
    return Case(
        who=(draw(_WHO), draw(st.integers(0, 3))),
        cluster=draw(st.integers(0, CLUSTERS - 1)),
        priority=draw(st.sampled_from(["urgent", "high", "normal", "low"])),
        status=draw(st.sampled_from(["new", "open", "pending", "hold", "solved", "closed"])),
        created=signal - timedelta(hours=draw(_HOURS.filter(lambda hours: hours >= 0))),
        signal=signal,
        q=draw(st.sampled_from([0.3, 0.59, 0.9, 1.0])),
        human=draw(st.sampled_from([False, False, True])),
        gone=draw(st.sampled_from([False] * 9 + [True])),
    )


@st.composite
def _plan(draw: st.DrawFn, as_of: datetime) -> Plan:
    return Plan(
        state=draw(st.sampled_from(["triage", "known_error", "declined", "released", "released", "verified"])),
        approved=draw(st.sampled_from([True, True, True, False])),
        workaround=draw(st.sampled_from(["none", "partial", "full"])),
        verified=draw(st.booleans()),
        severity=draw(_SEVERITY),
        released=draw(st.none() | _HOURS.map(lambda hours: as_of - timedelta(hours=hours))),
    )


@st.composite
def workspaces(
    draw: st.DrawFn, companies: int | None = None, cases: int | None = None, as_of: datetime = START
) -> Workspace:
    n = companies or draw(st.integers(1, 4))
    tickets = st.lists(_case(as_of), min_size=cases or 1, max_size=cases or 12)
    return Workspace(
        as_of=as_of,
        segments=tuple(draw(st.tuples(_MONEY, st.sampled_from(["premium", "standard", "self_serve"]))) for _ in FLOORS),
        companies=tuple(draw(st.lists(_COMPANY, min_size=n, max_size=n))),
        cases=tuple(draw(tickets)),
        severities=tuple(draw(_SEVERITY) for _ in range(CLUSTERS)),
        plans=tuple(draw(st.none() | _plan(as_of)) for _ in range(CLUSTERS)),
        beta_times=draw(st.sampled_from([1, 1, 100])),
    )


def crowds() -> st.SearchStrategy[Workspace]:
    """Workspaces in which all tickets are one company's, about one thing."""

    def of_one(w: Workspace) -> Workspace:
        return replace(w, cases=tuple(replace(case, who=("name", 0), cluster=0) for case in w.cases))

    return workspaces().map(of_one)


@st.composite
def two_weeks(draw: st.DrawFn) -> tuple[Workspace, Workspace]:
    """A workspace, and the same one later: some of everything has changed, tickets came and went."""
    old = draw(workspaces())
    later = old.as_of + timedelta(hours=draw(st.sampled_from([0, 1, 24, 7 * 24, 29 * 24, 200 * 24])))
    other = draw(workspaces(len(old.companies), len(old.cases), later))
    kept = st.sampled_from([True, True, False])

    def either(a: Any, b: Any) -> Any:
        return a if draw(kept) else b

    cases = tuple(
        replace(
            was,
            priority=either(was.priority, new.priority),
            status=either(was.status, new.status),
            signal=either(was.signal, max(was.signal, new.signal)),
            cluster=either(was.cluster, new.cluster),
            gone=either(was.gone, new.gone),
        )
        for was, new in zip(old.cases, other.cases, strict=True)
    )
    return old, Workspace(
        as_of=later,
        segments=tuple(either(a, b) for a, b in zip(old.segments, other.segments, strict=True)),
        companies=tuple(either(a, b) for a, b in zip(old.companies, other.companies, strict=True)),
        cases=cases + tuple(draw(st.lists(_case(later), max_size=4))),
        severities=tuple(either(a, b) for a, b in zip(old.severities, other.severities, strict=True)),
        plans=tuple(either(a, b) for a, b in zip(old.plans, other.plans, strict=True)),
        beta_times=old.beta_times,
    )


def _day(days: int | None) -> date | None:
    """Days are counted from one fixed date: time may pass, dates stay."""
    return None if days is None else START.date() + timedelta(days=days)


@dataclass
class Rows:
    """A workspace in the database. `write` again turns it into the workspace of another moment."""

    session: Session
    segments: list[Segment] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    plans: list[RemedyPlan] = field(default_factory=list)
    revisions: list[PlanRevision] = field(default_factory=list)
    tickets: list[tuple[Ticket, Membership]] = field(default_factory=list)

    def write(self, w: Workspace) -> None:
        if not self.clusters:
            self._frame(w)
        for segment, (default, tier) in zip(self.segments, w.segments, strict=True):
            _set(segment, value_default=float(default), expectation_tier=tier)
        self._write_accounts(w)
        for cluster, severity in zip(self.clusters, w.severities, strict=True):
            cluster.severity_override = severity
        self._write_plans(w)
        self._write_tickets(w)
        self.session.flush()

    def _frame(self, w: Workspace) -> None:
        usual = ScoringConfig(internal_domains=(OURS,))
        beta = {band: w.beta_times * beta for band, beta in usual.beta.items()}
        params = replace(usual, beta=beta, default_beta=w.beta_times * usual.default_beta).to_dict()
        self.session.add(ScoringConfigVersion(version=1, params=params, at=START, actor="test", why="test"))
        for at, (name, floor) in enumerate(FLOORS):
            rule = {} if floor is None else {"value_at_least": floor}
            self.segments.append(
                Segment(name=name, rule=rule, value_default=0.0, expectation_tier="standard", position=at)
            )
        self.clusters += [Cluster(uid=f"uid-{at}", title="", created_at=START) for at in range(CLUSTERS)]
        self._add(*self.segments, *self.clusters)

    def _add(self, *rows: SQLModel) -> None:
        self.session.add_all(rows)
        self.session.flush()

    def _write_accounts(self, w: Workspace) -> None:
        if not self.accounts:
            self.accounts += [
                Account(name=f"Company {at}", source="test", as_of=START) for at in range(len(w.companies))
            ]
            self._add(*self.accounts)
            ids = [account.id or 0 for account in self.accounts]
            self.session.add_all(AccountDomain(domain=f"c{at}.example", account_id=id_) for at, id_ in enumerate(ids))
            self.session.add_all(AccountDomain(domain=SHARED, account_id=id_) for id_ in ids[:2])
            self.session.add_all(
                AccountExternalId(external_id=f"crm:{at}", account_id=id_) for at, id_ in enumerate(ids)
            )
        for account, company in zip(self.accounts, w.companies, strict=True):
            _set(
                account,
                arr=None if company.arr is None else float(company.arr),
                margin=company.margin,
                segment_named=company.named,
                expectation_tier=company.tier,
                risk_band=company.band,
                renewal_date=_day(company.renewal),
                strategic_uplift=float(company.uplift),
                strategic_expires=_day(company.expires),
                lifecycle=company.lifecycle,
            )

    def _write_plans(self, w: Workspace) -> None:
        """A plan that is no more is one of which nothing is approved."""
        if not self.plans:
            self.plans += [RemedyPlan(cluster_id=cluster.id or 0, revision=1) for cluster in self.clusters]
            self._add(*self.plans)
            self.revisions += [
                PlanRevision(plan_id=plan.id or 0, revision=1, state="", confidence="low", actor="test", at=START)
                for plan in self.plans
            ]
            self.session.add_all(self.revisions)
        for row, revision, plan in zip(self.plans, self.revisions, w.plans, strict=True):
            row.approved_revision = 1 if plan is not None and plan.approved else None
            if plan is None:
                continue
            fields = {
                "workaround.kind": plan.workaround,
                "workaround.verified_at": "2026-03-01" if plan.verified else None,
                "severity_override": plan.severity,
            }
            _set(row, state=plan.state, released_at=plan.released)
            _set(revision, state=plan.state, fields=fields)

    def _write_tickets(self, w: Workspace) -> None:
        made = [
            Ticket(
                connection="desk", source_id=str(at), subject="", embed_text="", record_hash="", status="", priority="",
                created_at=case.created, updated_at=case.created, last_customer_at=case.signal,
            )
            for at, case in enumerate(w.cases[len(self.tickets):], len(self.tickets))
        ]  # fmt: skip
        self._add(*made)
        places = [Membership(ticket_id=row.id or 0, cluster_id=0, q=1.0, origin="", since=START) for row in made]
        self.tickets += zip(made, places, strict=True)
        for (row, place), case in zip(self.tickets, w.cases, strict=True):
            ref, domain, key = _spoken(case.who)
            _set(row, status=case.status, priority=case.priority, last_customer_at=case.signal)
            _set(row, account_ref=ref, requester_domain=domain, requester_key=key)
            row.deleted_at = START if case.gone else None
            origin = "human" if case.human else "model"
            _set(place, cluster_id=self.clusters[case.cluster].id, q=1.0 if case.human else case.q, origin=origin)
        self.session.add_all(places)


def _set(row: SQLModel, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _spoken(who: tuple[str, int]) -> tuple[str | None, str | None, str | None]:
    """account_ref, requester_domain, requester_key of a ticket."""
    how, at = who
    return {
        "name": (f" company {at % 4} ", "gmail.com", f"key-{at}"),
        "external id": (f"crm:{at}", None, None),
        "domain": (None, f"c{at}.example", f"key-{at}"),
        "wrong name": (f"Unlisted {at}", f"c{at}.example", f"key-{at}"),
        "shared": (None, SHARED, f"key-{at}"),
        "corporate": (None, f"corp{at % 2}.example", f"key-{at}"),
        "free mail": (None, ("gmail.com", "hotmail.de", "gmail.com", "ya.ru")[at], f"key-{at % 3}"),
        "unlisted": (f"Unlisted {at}", None, f"key-{at}"),
        "nobody": (None, None, None),
        "ours": ("Unlisted 0" if at == 0 else None, OURS, f"key-{at}"),
    }[how]


def world(w: Workspace, rows: Rows) -> tuple[list[literal.Issue], literal.World]:
    """The same for the literal arithmetic, under the ids that the database gave."""
    segments = [
        literal.Segment(name, Decimal(d), tier) for (name, _), (d, tier) in zip(FLOORS, w.segments, strict=True)
    ]
    today = w.as_of.date()
    accounts = []
    for company, row in zip(w.companies, rows.accounts, strict=True):
        margin = Decimal(1 if company.margin is None else company.margin)
        in_force = company.expires is None or START.date() + timedelta(days=company.expires) >= today
        accounts.append(
            literal.Account(
                id=f"account:{row.id}",
                segment=_segment(company, margin, segments),
                arr=None if company.arr is None else Decimal(company.arr),
                margin=margin,
                uplift=Decimal(company.uplift) if in_force else Decimal(0),
                risk=company.band,
                renewal=_day(company.renewal),
                expectation=company.tier,
                lifecycle=company.lifecycle,
            )
        )
    issues = []
    for at, (cluster, plan) in enumerate(zip(rows.clusters, w.plans, strict=True)):
        said = plan if plan is not None and plan.approved else None
        tickets = [
            _ticket(case, row.id or 0, accounts)
            for case, (row, _) in zip(w.cases, rows.tickets, strict=False)
            if case.cluster == at and not case.gone
        ]
        issues.append(
            literal.Issue(
                id=f"{cluster.id:09}",
                tickets=tuple(tickets),
                severity=w.severities[at] or (said.severity if said else None),
                workaround=_workaround(said),
                released=said.released if said and said.state in {"released", "verified"} else None,
            )
        )
    issues = [replace(issue, tickets=tuple(_company(t, issues, w) for t in issue.tickets)) for issue in issues]
    return issues, literal.World(w.as_of, tuple(accounts), tuple(segments), frozenset({OURS}), Decimal(w.beta_times))


def _company(ticket: literal.Ticket, issues: list[literal.Issue], w: Workspace) -> literal.Ticket:
    """Of a domain from which only one name writes, that name speaks for all."""
    if ticket.account is not None or ticket.named is not None or ticket.domain in (None, OURS):
        return ticket
    there = [t for issue in issues for t in issue.tickets if t.domain == ticket.domain and t.created <= w.as_of]
    names = {t.named for t in there if t.named is not None and t.account is None}
    return replace(ticket, named=names.pop()) if len(names) == 1 else ticket


def _segment(company: Company, margin: Decimal, segments: list[literal.Segment]) -> literal.Segment:
    """The one that the import named, else the first whose rule holds; the last one holds always."""
    for segment, (name, floor) in zip(segments, FLOORS, strict=True):
        if company.named == name:
            return segment
        if company.named is None and (floor is None or (company.arr is not None and company.arr * margin >= floor)):
            return segment
    raise AssertionError


def _workaround(plan: Plan | None) -> str:
    if plan is None:
        return "none"
    return "partial" if plan.workaround == "full" and not plan.verified else plan.workaround


def _ticket(case: Case, id_: int, accounts: list[literal.Account]) -> literal.Ticket:
    how, at = case.who
    known = accounts[at].id if at < len(accounts) else None
    account: str | None = None
    domain = named = None
    requester = f"key-{at}"
    if how in {"name", "external id", "domain", "wrong name"}:
        account = known
        named = {"name": f"company {at}", "external id": f"crm:{at}", "wrong name": f"unlisted {at}"}.get(how)
        domain = None if how in {"name", "external id"} else f"c{at}.example"
    elif how == "shared":
        account, domain = (accounts[0].id, None) if len(accounts) == 1 else (None, SHARED)
    elif how == "corporate":
        domain = f"corp{at % 2}.example"
    elif how == "free mail":
        requester = f"key-{at % 3}"
    elif how == "unlisted":
        named = f"unlisted {at}"
    elif how == "nobody":
        requester = f"ticket-{id_}"
    else:
        domain = OURS
    return literal.Ticket(
        id=str(id_),
        created=case.created,
        signal=case.signal,
        account=account,
        domain=domain,
        named=named,
        requester=requester,
        priority=case.priority,
        closed=case.status in {"solved", "closed"},
        q=Decimal(repr(case.q)),
        confirmed=case.human,
    )
