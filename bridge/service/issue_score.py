"""Why an issue has its score: figures, the parts that sum to it, what moved it and what would.

Rule: what is shown is the stored computation; nothing here estimates a number that the ranking did not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from bridge.analysis.exposure import total
from bridge.analysis.rounding import rounded
from bridge.service.scored import Scored
from bridge.service.sums import Sum, parts_of, sum_of
from bridge.store.accounts import Account
from bridge.store.clusters import Score, ScoringConfigVersion
from bridge.words import WorkaroundKind

SHOWN_PARTS = 10
"""Accounts that have a row of their own in the waterfall; the others share one."""
WEEKS = 52
ACCOUNT_KEY = "account:"


class Factor(NamedTuple):
    """One factor of an account's part: "0.20 risk"."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the waterfall: it begins at ``start`` and is ``amount`` long, whole money per year.

    ``kind``: account, rest (of the accounts) or momentum. ``value`` is the account's yearly value.
    """

    kind: str
    name: str
    start: int
    amount: int
    segment: str = ""
    value: float | None = None
    factors: tuple[Factor, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What the score would be, and the rank that it would have in the same run."""

    name: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class ScoreView:
    """For people who may read values. ``parts`` sum to ``whole``, the rounded score."""

    score: float
    whole: int
    currency: str
    range80: tuple[float, float]
    without_largest: WhatIf | None
    week: float
    support_cost: float | None
    growth: float | None
    known_share: float
    risk_now: int
    momentum: int
    parts: tuple[Part, ...]
    changed: float | None
    changed_since: datetime | None
    causes: tuple[tuple[str, float], ...]
    what_if: tuple[WhatIf, ...]
    as_of: datetime
    config_version: int
    snapshot: str


@dataclass(frozen=True, slots=True)
class SumsView:
    """For people who may read sums only."""

    score: Sum
    currency: str
    segments: tuple[tuple[str, Sum], ...]


def account_ids(keys: Sequence[str]) -> list[int]:
    return [int(key.removeprefix(ACCOUNT_KEY)) for key in keys if key.startswith(ACCOUNT_KEY)]


def account_name(key: str, accounts: Mapping[int, Account]) -> str:
    """What people call the owner of a key of the ranking."""
    if key.startswith(ACCOUNT_KEY):
        account = accounts.get(account_ids([key])[0])
        return account.name if account else "an account that was removed"
    kind, _, name = key.partition(":")
    return "one unidentified requester" if kind == "requester" else name or key


def sums_view(found: Scored) -> SumsView:
    rows = found.record["by_segment"]
    parts = parts_of([(row["amount"], row["accounts"]) for row in rows])
    whole = sum_of(found.score.score, found.record["accounts"])
    segments = tuple((row["segment"], part) for row, part in zip(rows, parts, strict=True))
    return SumsView(whole, found.record["currency"], segments)


def score_view(session: Session, found: Scored, accounts: Mapping[int, Account]) -> ScoreView:
    """``accounts`` holds at least those of the first ``SHOWN_PARTS`` keys."""
    record = found.record
    parts = waterfall(found, accounts)
    delta = record["delta_vs_previous"] or {"amount": None, "causes": ()}
    without, *others = ranked_if(session, found, [*_without_largest(found, accounts), *_workarounds(session, found)])
    momentum = sum(part.amount for part in parts if part.kind == "momentum")
    whole = sum(part.amount for part in parts)
    return ScoreView(
        score=found.score.score,
        whole=whole,
        currency=record["currency"],
        range80=(record["range80"][0], record["range80"][1]),
        without_largest=without if record["accounts"] > 1 else None,
        week=found.score.score / WEEKS,
        support_cost=record["support_cost"],
        growth=record["growth"],
        known_share=record["known_share"],
        risk_now=whole - momentum,
        momentum=momentum,
        parts=parts,
        changed=delta["amount"],
        changed_since=found.before.as_of if found.before and delta["amount"] is not None else None,
        causes=tuple((c["cause"], c["amount"]) for c in delta["causes"] if abs(c["amount"]) >= 0.5),  # noqa: PLR2004
        what_if=tuple(others),
        as_of=found.run.as_of,
        config_version=found.run.config_version,
        snapshot=found.run.snapshot,
    )


def waterfall(found: Scored, accounts: Mapping[int, Account]) -> tuple[Part, ...]:
    """The largest accounts, the rest of them as one, and momentum; the amounts add up to the rounded score."""
    rows = list(zip(found.keys, found.record["contributions"], strict=True))
    shown = sorted(rows, key=lambda row: -row[1]["risk_now"])[:SHOWN_PARTS]
    names = {key for key, _ in shown}
    rest = [row for key, row in rows if key not in names]
    parts = [_account_part(key, row, accounts) for key, row in shown]
    amounts = [row["risk_now"] for _, row in shown]
    if rest:
        parts.append(_rest_part(rest))
        amounts.append(math.fsum(row["risk_now"] for row in rest))
    if found.record["momentum"] > 0:
        parts.append(_momentum_part(found, rows, accounts))
        amounts.append(found.record["momentum"])
    placed, start = [], 0
    for part, amount in zip(parts, rounded(amounts), strict=True):
        placed.append(replace(part, start=start, amount=amount))
        start += amount
    return tuple(placed)


def _account_part(key: str, row: Mapping[str, Any], accounts: Mapping[int, Account]) -> Part:
    factors = (
        Factor(row["beta"], "risk"),
        Factor(row["r"], "renewal"),
        Factor(row["e"], "expectations"),
        Factor(row["omega"], "workaround"),
        Factor(row["m"], "signal"),
    )
    note = "value assumed: " + row["V_source"] if "default" in row["V_source"] else ""
    return Part("account", account_name(key, accounts), 0, 0, row["segment"], row["V"], factors, note)


def _rest_part(rest: Sequence[Mapping[str, Any]]) -> Part:
    segments: dict[str, int] = {}
    for row in rest:
        segments[row["segment"]] = segments.get(row["segment"], 0) + 1
    by_size = sorted(segments.items(), key=lambda item: (-item[1], item[0]))
    largest = max(row["risk_now"] for row in rest)
    told = ", ".join(f"{count} {segment}" for segment, count in by_size)
    name = f"and {len(rest)} more account{'s' if len(rest) > 1 else ''}"
    return Part("rest", name, 0, 0, by_size[0][0], note=f"{told}; the largest of them adds {largest:,.0f}")


def _momentum_part(
    found: Scored, rows: Sequence[tuple[str, Mapping[str, Any]]], accounts: Mapping[int, Account]
) -> Part:
    terms = found.snapshot.terms
    new = [(key, row) for key, row in rows if row["momentum"] > 0]
    n = len(found.new_keys)
    who = f"{account_name(new[0][0], accounts)} is" if len(new) == 1 else f"{n} accounts are"
    share = terms.kappa * n / (n + terms.k0)
    base = math.fsum(row["risk_now"] for _, row in new)
    sum_words = f"{terms.kappa:g} × {n}/({n}+{terms.k0:g}) = {share * 100:.3g} % of {base:,.0f}"
    return Part("momentum", "Momentum", 0, 0, note=f"{who} new in {terms.window:g} d: {sum_words}")


def _without_largest(found: Scored, accounts: Mapping[int, Account]) -> list[tuple[str, float]]:
    name = account_name(found.keys[0], accounts) if found.keys else ""
    return [(name, found.record["without_largest"])]


def _workarounds(session: Session, found: Scored) -> list[tuple[str, float]]:
    """The score under each other workaround that the constants of the run know."""
    config = session.get_one(ScoringConfigVersion, found.run.config_version).params
    words = {"none": "no workaround", "partial": "partial workaround", "full": "full workaround, verified"}
    return [
        (words[kind], total(replace(found.snapshot, omega=omega).lines(found.exposures).values()))
        for kind in map(str, WorkaroundKind)
        if (omega := float(config["workaround"][kind])) != found.snapshot.omega
    ]


def ranked_if(session: Session, found: Scored, scores: Sequence[tuple[str, float]]) -> list[WhatIf]:
    """With the rank that each score would have if no other issue changed: one query."""
    counts = [func.count().filter(col(Score.score) > score) for _, score in scores]
    query = select(*counts).where(Score.run_id == found.run.id, Score.cluster_id != found.score.cluster_id)
    above = session.execute(query).one()
    return [WhatIf(name, score, count + 1) for (name, score), count in zip(scores, above, strict=True)]
