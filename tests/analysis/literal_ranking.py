"""The ranking arithmetic a second time, read literally off the specification, to hold the product's own against.

The rule: this file imports nothing of the product. It is slow and plain on purpose: every formula stands as the text writes it, in decimal
arithmetic of fifty digits, with nothing kept from one call to the next.

The text is silent on four things; they are read so: a ticket written after as_of does not exist yet, a release after as_of has not happened
yet, a customer that has left has nothing to lose any more, and a company that the desk names but nobody has in a list is one account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

DIGITS = 50
DAY = timedelta(days=1)
ZERO, ONE = Decimal(0), Decimal(1)
SEVERITY = {"S1": Decimal("1.0"), "S2": Decimal("0.5"), "S3": Decimal("0.2"), "S4": Decimal("0.05")}
PRIORITY = {"urgent": "S1", "high": "S2", "normal": "S3", "low": "S4"}
BETA = {"low": Decimal("0.05"), "normal": Decimal("0.10"), "elevated": Decimal("0.20"), "high": Decimal("0.40")}
EXPECTS = {"premium": Decimal("1.25"), "standard": Decimal("1.0"), "self_serve": Decimal("0.75")}
OMEGA = {"none": Decimal("1.0"), "partial": Decimal("0.7"), "full": Decimal("0.4")}
KAPPA, K0, WINDOW_DAYS = Decimal("0.5"), 3, 28
OPEN_HALF_LIFE, CLOSED_HALF_LIFE = 180, 45


@dataclass(frozen=True)
class Segment:
    id: str
    value_default: Decimal
    expectation: str | None = None


@dataclass(frozen=True)
class Account:
    id: str
    segment: Segment
    arr: Decimal | None = None
    margin: Decimal = ONE
    uplift: Decimal = ZERO
    risk: str | None = None
    renewal: date | None = None
    expectation: str | None = None
    lifecycle: str = "active"
    growth: Decimal = ZERO


@dataclass(frozen=True)
class Ticket:
    """One ticket of one issue. `account` is None where nobody could be found; then `named` is what the desk calls the company, if it does, and
    `domain` the corporate domain, None for free mail.
    """

    id: str
    created: datetime
    signal: datetime
    account: str | None = None
    domain: str | None = None
    named: str | None = None
    requester: str = ""
    priority: str | None = None
    closed: bool = False
    q: Decimal = ONE
    confirmed: bool = False
    primary: bool = True


@dataclass(frozen=True)
class Issue:
    id: str
    tickets: tuple[Ticket, ...] = ()
    severity: str | None = None
    workaround: str = "none"
    released: datetime | None = None


@dataclass(frozen=True)
class World:
    """Everything a ranking sees. The lowest segment is the one with the lowest default value."""

    as_of: datetime
    accounts: tuple[Account, ...] = ()
    segments: tuple[Segment, ...] = ()
    internal: frozenset[str] = frozenset()
    beta_times: Decimal = ONE

    def account(self, key: str) -> Account:
        """The account of that name; an unidentified requester's group stands for an account of the lowest segment, all else missing."""
        for each in self.accounts:
            if each.id == key:
                return each
        return Account(key, Segment("unidentified", min(each.value_default for each in self.segments)))


@dataclass(frozen=True)
class Contribution:
    account: str
    segment: str
    known: bool
    value: Decimal
    beta: Decimal
    renewal: Decimal
    expects: Decimal
    omega: Decimal
    m: Decimal
    p: Decimal
    risk_now: Decimal
    momentum: Decimal

    @property
    def total(self) -> Decimal:
        return self.risk_now + self.momentum


@dataclass(frozen=True)
class Ranked:
    id: str
    contributions: tuple[Contribution, ...]
    tickets: int
    last_signal: datetime | None
    score: Decimal
    risk_now: Decimal
    momentum: Decimal
    known_share: Decimal | None
    low: Decimal
    high: Decimal
    without_largest: Decimal
    n_eff: Decimal | None
    badges: frozenset[str]
    by_segment: dict[str, tuple[Decimal, int]] = field(hash=False)


def days_between(earlier: datetime, later: datetime) -> Decimal:
    part = Fraction((later - earlier) // timedelta(microseconds=1), DAY // timedelta(microseconds=1))
    return Decimal(part.numerator) / Decimal(part.denominator)


def clip(x: Decimal, low: Decimal, high: Decimal) -> Decimal:
    return min(max(x, low), high)


def value(account: Account) -> Decimal:
    """V_a; a prospect has nothing to lose yet, who has left has nothing to lose any more."""
    if account.lifecycle != "active":
        return ZERO
    base = account.segment.value_default if account.arr is None else account.arr * account.margin
    return base + account.uplift


def decay(ticket: Ticket, as_of: datetime) -> Decimal:
    half = CLOSED_HALF_LIFE if ticket.closed else OPEN_HALF_LIFE
    return Decimal(2) ** (-max(ZERO, days_between(ticket.signal, as_of)) / half)


def severity(ticket: Ticket, issue: Issue) -> Decimal:
    if issue.severity is not None:
        return SEVERITY[issue.severity]
    return SEVERITY[PRIORITY.get(ticket.priority or "", "S3")]


def renewal_factor(renewal: date | None, as_of: datetime) -> Decimal:
    """r_a. Renewals are dates, so the days are whole: from the UTC date of as_of."""
    if renewal is None:
        return ONE
    days = (renewal - as_of.astimezone(UTC).date()).days
    if days < -30:
        return ONE
    if days < 0:
        return Decimal("1.5")
    return ONE + Decimal("0.5") * clip(Decimal(180 - days) / Decimal(150), ZERO, ONE)


def expectation_factor(account: Account) -> Decimal:
    tier = account.expectation or account.segment.expectation
    return ONE if tier is None else EXPECTS[tier]


def holder(ticket: Ticket) -> str:
    """Whose loss the ticket speaks of: its account, else its corporate domain, else the one free-mail writer."""
    if ticket.account is not None:
        return ticket.account
    if ticket.named is not None:
        return f"named:{ticket.named}"
    return f"domain:{ticket.domain}" if ticket.domain is not None else f"requester:{ticket.requester}"


def counting(issue: Issue, world: World, clock: Callable[[str], datetime] | None = None) -> list[Ticket]:
    """The tickets that count at all: primary, not ours, and not before the release."""
    kept = []
    for ticket in issue.tickets:
        as_of = world.as_of if clock is None else clock(holder(ticket))
        if not ticket.primary or (ticket.account is None and ticket.domain in world.internal):
            continue
        if ticket.created > as_of:
            continue
        if issue.released is not None and ticket.signal <= issue.released <= as_of:
            continue
        kept.append(ticket)
    return kept


def is_new(tickets: Sequence[Ticket], as_of: datetime) -> bool:
    return days_between(min(each.created for each in tickets), as_of) <= WINDOW_DAYS


def contributions(
    issue: Issue,
    world: World,
    clock: Callable[[str], datetime] | None = None,
    lent: Callable[[str], World] | None = None,
) -> tuple[Contribution, ...]:
    """One per account of the issue, by account id. `clock` says when an account's tickets are looked at and `lent` of which moment its own data
    and the day of r are; of this world without.
    """
    clock = clock or (lambda _name: world.as_of)
    lent = lent or (lambda _name: world)
    with localcontext(prec=DIGITS):
        groups: dict[str, list[Ticket]] = {}
        for ticket in counting(issue, world, clock):
            groups.setdefault(holder(ticket), []).append(ticket)
        new = {name for name, own in groups.items() if is_new(own, clock(name))}
        found = []
        for name, own in sorted(groups.items()):
            account = lent(name).account(name)
            m = max(severity(t, issue) * (ONE if t.confirmed else t.q) * decay(t, clock(name)) for t in own)
            beta = world.beta_times * (BETA[account.risk] if account.risk is not None else Decimal("0.10"))
            r = renewal_factor(account.renewal, lent(name).as_of)
            e, omega = expectation_factor(account), OMEGA[issue.workaround]
            p = min(ONE, beta * r * e * omega * m)
            v = value(account)
            momentum = v * p * KAPPA * len(new) / (len(new) + K0) if name in new else ZERO
            known = account.arr is not None
            found.append(Contribution(name, account.segment.id, known, v, beta, r, e, omega, m, p, v * p, momentum))
        return tuple(found)


def rank_one(issue: Issue, world: World) -> Ranked:
    """SCORE and everything shown beside it. Shares of a score of nothing do not exist: None."""
    parts, tickets = contributions(issue, world), counting(issue, world)
    with localcontext(prec=DIGITS):
        totals = [each.total for each in parts]
        score = sum(totals, ZERO)
        spread = sum((each.value**2 * each.p * (1 - each.p) for each in parts), ZERO)
        spread += sum(((each.value * each.p) ** 2 for each in parts if not each.known), ZERO)
        reach = Decimal("1.28") * spread.sqrt()
        squares = sum((each**2 for each in totals), ZERO)
        n_eff = score**2 / squares if squares else None
        qs = [ONE if each.confirmed else each.q for each in tickets]
        badges = set()
        if n_eff is not None and n_eff < Decimal("1.5"):
            badges.add("single account")
        if len(tickets) == 1 or (qs and sum(qs, ZERO) / len(qs) < Decimal("0.6")):
            badges.add("thin evidence")
        segments = {each.segment: [part for part in parts if part.segment == each.segment] for each in parts}
        return Ranked(
            id=issue.id,
            contributions=parts,
            tickets=len(tickets),
            last_signal=max((each.signal for each in tickets), default=None),
            score=score,
            risk_now=sum((each.risk_now for each in parts), ZERO),
            momentum=sum((each.momentum for each in parts), ZERO),
            known_share=sum((each.total for each in parts if each.known), ZERO) / score if score else None,
            low=max(ZERO, score - reach),
            high=score + reach,
            without_largest=score - max(totals, default=ZERO),
            n_eff=n_eff,
            badges=frozenset(badges),
            by_segment={name: (sum((one.total for one in own), ZERO), len(own)) for name, own in segments.items()},
        )


def rank(issues: Sequence[Issue], world: World) -> list[Ranked]:
    """SCORE desc, accounts desc, last signal desc, id asc; by one stable sort per key, the least important first."""
    ranked = sorted((rank_one(each, world) for each in issues), key=lambda one: one.id)
    never = datetime.min.replace(tzinfo=UTC)
    ranked.sort(key=lambda one: one.last_signal or never, reverse=True)
    ranked.sort(key=lambda one: len(one.contributions), reverse=True)
    ranked.sort(key=lambda one: one.score, reverse=True)
    return ranked


def portfolio(issues: Sequence[Issue], world: World) -> Decimal:
    with localcontext(prec=DIGITS):
        every = [part for issue in issues for part in contributions(issue, world)]
        total = ZERO
        for name in {part.account for part in every}:
            spared = ONE
            for part in every:
                if part.account == name:
                    spared *= ONE - part.p
            total += value(world.account(name)) * (ONE - spared)
        return total


def support_cost(issue: Issue, world: World, unit_cost: Decimal) -> Decimal:
    """By the tickets created in the ninety days up to as_of; one price for all."""
    recent = [each for each in counting(issue, world) if ZERO <= days_between(each.created, world.as_of) <= 90]
    return len(recent) * Decimal(365) / Decimal(90) * unit_cost
