"""When an issue is worth a message: pure rules over what a ranking knows and what was told before.

Rule: accounts count, never tickets; an account speaks for an issue once. What is thin evidence (domain.md 2.3) is
never told of, and the first look at a workspace tells of nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.analysis.working_days import Calendar
from bridge.words import NoticeKind

LOOKED_BACK = 6
"""Windows before the present one that say what is usual."""
NOISE = 3.0
"""Standard deviations above what is usual; docs/decisions/0022 has what two and three cost."""
LEAVES_TOP_AT = 12
"""An issue that was in the Top 10 leaves it by a margin: two that change places every day tell of nothing."""
TOP_COOLDOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rules:
    """``accounts`` new in ``window`` are worth an alert; ``cooldown`` between two messages of one; ``growth`` until it
    is told again; ``plan_days`` business days without a plan.
    """

    accounts: int = 3
    window: timedelta = timedelta(days=14)
    cooldown: timedelta = timedelta(hours=24)
    growth: float = 2.0
    plan_days: int = 5
    calendar: Calendar = field(default_factory=Calendar)


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue of a ranking. ``first``: account key -> when its first ticket there came; ``premium`` of these."""

    cluster_id: int
    rank: int
    in_top: bool
    thin: bool
    planned: bool
    first: Mapping[str, datetime]
    premium: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an alert. ``told`` is the size that was last told of, at ``told_at`` (None: never); ``accounts``
    were told of by name.
    """

    kind: NoticeKind
    cluster_id: int
    opened_at: datetime
    told_at: datetime | None = None
    told: int = 0
    accounts: frozenset[str] = frozenset()
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an alert: open or closed, and whether people hear of it. ``accounts`` are the ones to name."""

    kind: NoticeKind
    cluster_id: int
    is_open: bool
    tell: bool
    size: int = 0
    accounts: tuple[str, ...] = ()


def judge(
    seen: Iterable[Seen], standing: Iterable[Standing], now: datetime, since: datetime | None, rules: Rules
) -> list[Verdict]:
    """What changes now. ``since``: the first look at this workspace; None: this is it, so all that is true already is
    written down and told to nobody.
    """
    known = {(s.kind, s.cluster_id): s for s in standing}
    found: list[Verdict] = []
    present = set()
    for issue in seen:
        present.add(issue.cluster_id)
        found += _of_issue(issue, known, now, since, rules)
    gone = [s for s in known.values() if s.cluster_id not in present and s.closed_at is None]
    found += [Verdict(s.kind, s.cluster_id, is_open=False, tell=False) for s in gone]
    if since is None:
        return [Verdict(v.kind, v.cluster_id, v.is_open, tell=False, size=v.size, accounts=v.accounts) for v in found]
    return found


def _of_issue(
    issue: Seen,
    known: Mapping[tuple[NoticeKind, int], Standing],
    now: datetime,
    since: datetime | None,
    rules: Rules,
) -> Iterator[Verdict]:
    def before(kind: NoticeKind) -> Standing | None:
        return known.get((kind, issue.cluster_id))

    made = (
        _emerging(issue, before(NoticeKind.EMERGING), now, rules),
        _top10(issue, before(NoticeKind.TOP10), now),
        _premium(issue, before(NoticeKind.PREMIUM), now, since, rules),
        _unplanned(issue, before(NoticeKind.UNPLANNED), now, rules),
    )
    yield from (verdict for verdict in made if verdict is not None)


def needed(first: Iterable[datetime], now: datetime, rules: Rules) -> int:
    """How many new accounts in one window are more than this issue's habit: the threshold, and at least three standard
    deviations of a Poisson count above the mean of the windows before (at most six, none before its first account).
    """
    earlier = [now - at for at in first if now - at >= rules.window]
    if not earlier:
        return rules.accounts
    windows = min(LOOKED_BACK, math.floor(max(earlier) / rules.window))
    counted = sum(at < rules.window * (windows + 1) for at in earlier)
    usual = counted / windows
    return max(rules.accounts, math.ceil(usual + NOISE * math.sqrt(usual)))


def _emerging(issue: Seen, before: Standing | None, now: datetime, rules: Rules) -> Verdict | None:
    firsts = [at for at in issue.first.values() if at <= now]
    new = [at for at in firsts if now - at < rules.window]
    size = len(new)
    is_open = before is not None and before.closed_at is None
    if issue.thin:
        return _closed(before) if is_open else None
    if is_open and before is not None:
        if size < rules.accounts:
            return _closed(before)
        grown = size >= rules.growth * before.told and _cool(before, now, rules.cooldown)
        return Verdict(NoticeKind.EMERGING, issue.cluster_id, is_open=True, tell=True, size=size) if grown else None
    if before is not None:
        new = [at for at in new if before.told_at is None or at > before.told_at]
        if not _cool(before, now, rules.cooldown):
            return None
    if len(new) < needed(firsts, now, rules):
        return None
    return Verdict(NoticeKind.EMERGING, issue.cluster_id, is_open=True, tell=True, size=size)


def _top10(issue: Seen, before: Standing | None, now: datetime) -> Verdict | None:
    is_open = before is not None and before.closed_at is None
    if is_open:
        stays = issue.in_top or (issue.rank <= LEAVES_TOP_AT and not issue.thin)
        return None if stays else _closed(before)
    if not issue.in_top or issue.thin:
        return None
    tell = before is None or _cool(before, now, TOP_COOLDOWN)
    return Verdict(NoticeKind.TOP10, issue.cluster_id, is_open=True, tell=tell, size=issue.rank)


def _premium(
    issue: Seen, before: Standing | None, now: datetime, since: datetime | None, rules: Rules
) -> Verdict | None:
    """Each premium account is told of once an issue, however often it writes."""
    if issue.thin or since is None:
        return None
    told = before.accounts if before else frozenset()
    fresh = sorted(
        key for key in issue.premium - told if (at := issue.first.get(key)) and since < at and now - at < rules.window
    )
    if not fresh:
        return None
    return Verdict(
        NoticeKind.PREMIUM, issue.cluster_id, is_open=True, tell=True, size=len(fresh), accounts=tuple(fresh)
    )


def _unplanned(issue: Seen, before: Standing | None, now: datetime, rules: Rules) -> Verdict | None:
    is_open = before is not None and before.closed_at is None
    waits = issue.in_top and not issue.thin and not issue.planned
    if not waits:
        return _closed(before) if is_open else None
    if not is_open or before is None:
        return Verdict(NoticeKind.UNPLANNED, issue.cluster_id, is_open=True, tell=False)
    if rules.calendar.business_days(before.told_at or before.opened_at, now) < rules.plan_days:
        return None
    days = rules.calendar.business_days(before.opened_at, now)
    return Verdict(NoticeKind.UNPLANNED, issue.cluster_id, is_open=True, tell=True, size=days)


def _closed(before: Standing | None) -> Verdict | None:
    return Verdict(before.kind, before.cluster_id, is_open=False, tell=False) if before else None


def _cool(before: Standing, now: datetime, cooldown: timedelta) -> bool:
    return before.told_at is None or now - before.told_at >= cooldown


def after(verdicts: Sequence[Verdict], standing: Iterable[Standing], now: datetime) -> list[Standing]:
    """The alerts as they stand after these verdicts: what the store keeps of them."""
    kept = {(s.kind, s.cluster_id): s for s in standing}
    for v in verdicts:
        kept[v.kind, v.cluster_id] = moved(kept.get((v.kind, v.cluster_id)), v, now)
    return list(kept.values())


def moved(old: Standing | None, verdict: Verdict, now: datetime) -> Standing:
    """One alert after its verdict. What was true at the first look counts as told of: only growth is news."""
    reopened = verdict.is_open and (old is None or old.closed_at is not None)
    quiet = verdict.kind is NoticeKind.UNPLANNED
    counts = verdict.tell or (verdict.is_open and old is None and not quiet)
    told_at = now if counts else None if reopened and quiet else old.told_at if old else None
    return Standing(
        verdict.kind,
        verdict.cluster_id,
        now if reopened else old.opened_at if old else now,
        told_at,
        verdict.size if counts else old.told if old else 0,
        (old.accounts if old else frozenset()) | frozenset(verdict.accounts),
        None if verdict.is_open else now,
    )
