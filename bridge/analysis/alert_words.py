"""What an alert says, in words for one kind of reader. Rule: money and names only where the reader's sight allows them,
and what is left out is not mentioned. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.analysis.amounts import money
from bridge.analysis.letter import Letter, Line, Section
from bridge.analysis.sight import SUM_OF, Sight, band
from bridge.words import NoticeKind, display_id

HONEST = "Value at risk is a planning weight, not a churn prediction; uncalibrated."
MOST_NAMES = 5
WORDS: Mapping[NoticeKind, tuple[str, str]] = {
    NoticeKind.EMERGING: ("Emerging issue", "many accounts meet an issue for the first time"),
    NoticeKind.TOP10: ("New in the Top 10", "an issue enters the Top 10 by value at risk"),
    NoticeKind.PREMIUM: ("Premium account affected", "a premium account meets an issue for the first time"),
    NoticeKind.UNPLANNED: ("No plan yet", "an issue is in the Top 10 for some business days without an approved plan"),
    NoticeKind.WEEKLY: ("Weekly digest", "the Top 10, what changed and why, alerts, open decisions"),
}
"""Each kind: its name, and when people are told of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One alert as it was when people were told. ``size``: new accounts, rank, premium accounts or business days, by
    kind; ``again``: it was told before. ``named`` are keys of accounts.
    """

    kind: NoticeKind
    issue: int
    size: int
    again: bool
    rank: int
    accounts: int
    score: float
    named: tuple[str, ...] = ()
    days: int = 0

    @classmethod
    def of(cls, raw: Mapping[str, object]) -> Told:
        """What ``to_dict`` gave."""
        return cls(**{**raw, "kind": NoticeKind(raw["kind"]), "named": tuple(raw["named"])})  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, object]:
        return {
            "kind": self.kind.value,
            "issue": self.issue,
            "size": self.size,
            "again": self.again,
            "rank": self.rank,
            "accounts": self.accounts,
            "score": self.score,
            "named": list(self.named),
            "days": self.days,
        }


@dataclass(frozen=True, slots=True)
class Names:
    """What ids mean to people now. ``address`` is the beginning of every link."""

    titles: Mapping[int, str]
    accounts: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    currency: str = "EUR"

    def title(self, issue: int) -> str:
        return self.titles.get(issue) or "(an issue that is gone)"

    def url(self, issue: int) -> str:
        return f"{self.address}/issues/{display_id(issue)}"


def alert_letter(told: Sequence[Told], names: Names, sight: Sight) -> Letter:
    """Every issue once, with all that is to be said of it. ``told`` holds at least one."""
    issues = list(dict.fromkeys(one.issue for one in told))
    by_issue = {id_: [one for one in told if one.issue == id_] for id_ in issues}
    lines = tuple(_line(id_, by_issue[id_], names, sight) for id_ in issues)
    if len(issues) == 1:
        only = told[0]
        what = f"{WORDS[only.kind][0]}{', grown' if only.again and only.kind is NoticeKind.EMERGING else ''}"
        subject = f"{what}: {display_id(only.issue)} {names.title(only.issue)}"
        lead = "An issue needs a look."
    else:
        subject = f"{len(issues)} issues need a look"
        lead = f"{len(issues)} issues need a look, the most value at risk first."
    foot = (HONEST,) if sight is not Sight.NONE else ()
    url = names.url(issues[0]) if len(issues) == 1 else f"{names.address}/issues"
    return Letter(subject, lead, (Section("Issues", lines),), foot, url)


def _line(issue: int, told: Sequence[Told], names: Names, sight: Sight) -> Line:
    first = told[0]
    facts = [f"{first.accounts} {'account' if first.accounts == 1 else 'accounts'}", f"rank {first.rank}"]
    if worth := worth_of(first.score, first.accounts, names.currency, sight):
        facts.append(worth)
    said = (*(sentence(one, names, sight) for one in told), "; ".join(facts))
    return Line(names.title(issue), said, names.url(issue), display_id(issue))


def sentence(told: Told, names: Names, sight: Sight) -> str:
    """Why people are told."""
    if told.kind is NoticeKind.EMERGING:
        grown = "It has grown: " if told.again else ""
        return f"{grown}{told.size} accounts met it for the first time in the last {told.days} days."
    if told.kind is NoticeKind.TOP10:
        return f"It {'is in the Top 10 again' if told.again else 'has entered the Top 10'}, at rank {told.rank}."
    if told.kind is NoticeKind.PREMIUM:
        count = "A premium account is" if told.size == 1 else f"{told.size} premium accounts are"
        if sight is not Sight.ALL:
            return f"{count} newly affected."
        shown = [names.accounts.get(key, "an account that was removed") for key in told.named[:MOST_NAMES]]
        more = f" and {len(told.named) - MOST_NAMES} more" if len(told.named) > MOST_NAMES else ""
        return f"{count} newly affected: {', '.join(shown)}{more}."
    return f"In the Top 10 for {told.size} business days without an approved plan."


def worth_of(score: float, accounts: int, currency: str, sight: Sight) -> str:
    """The money that the reader may see; empty for none."""
    if sight is Sight.NONE:
        return ""
    if sight is Sight.SUMS and accounts < SUM_OF:
        return f"{currency} {band(score)}/yr at risk"
    return f"{currency} {money(score)}/yr at risk"
