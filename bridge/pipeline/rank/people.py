"""Whose ticket it is, and what every account is worth: the side of a ranking that is not about tickets.

Rule: a key follows from the ticket's own columns, the directory of accounts and the constants: see ``fingerprint``.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.requesters import is_internal, unidentified_account
from bridge.analysis.resolution import Directory, segment_of
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import (
    UNIDENTIFIED,
    AccountFacts,
    AccountValue,
    Rates,
    SegmentFacts,
    Valuation,
    value_accounts,
)
from bridge.store.accounts import Account
from bridge.store.ranking import SignalRow, account_keys, all_segments, scoring_config
from bridge.words import ExpectationTier, Lifecycle, RiskBand

FORMAT = 1
"""Of what is kept between rankings, and of the rules by which keys and records are made: a change of them is a new one.
"""
STRANGER = "stranger"

Valued = dict[str, AccountValue]


def constants(session: Session, version: int | None = None) -> tuple[ScoringConfig, int]:
    """Of the newest version, or of this one. Raises LookupError where there is none."""
    stored = scoring_config(session, version)
    if stored is None:
        raise LookupError("no scoring configuration: run `bridge init` or `bridge db upgrade` first")
    return ScoringConfig.from_dict(stored.params), stored.version or 0


@dataclass(frozen=True)
class People:
    """Finds the account's key of a ticket."""

    directory: Directory
    config: ScoringConfig
    _known: dict[tuple[str | None, str | None, str | None], str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, config: ScoringConfig) -> People:
        return cls(Directory.build(*account_keys(session)), config)

    def key_of(self, row: SignalRow) -> str | None:
        """None for our own people's tickets."""
        if not (row.requester_key or row.account_ref):
            return self._find(row)  # may stand alone, by its own id
        said = (row.account_ref, row.requester_domain, row.requester_key)
        if said not in self._known:
            self._known[said] = self._find(row)
        return self._known[said]

    def _find(self, row: SignalRow) -> str | None:
        account = self.directory.resolve(row.account_ref, row.requester_domain)
        if account:
            return f"account:{account}"
        stranger = stand_in(row, self.config)
        return stranger.key if stranger else None

    def fingerprint(self) -> str:
        """Of all that keys and severities of tickets depend on beside the tickets."""
        config = self.config
        said = [
            FORMAT,
            {name: sorted(pairs.items()) for name, pairs in asdict(self.directory).items()},
            sorted(config.priority_severity.items()),
            [config.default_severity, config.internal_domains, config.free_mail_domains],
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def stand_in(row: SignalRow, config: ScoringConfig) -> AccountFacts | None:
    """The pseudo account of a ticket that no account claims; None for our own people's tickets."""
    domain = row.requester_domain or ""
    if domain and is_internal(domain, config):
        return None
    if row.account_ref:
        key = f"named:{row.account_ref.strip().casefold()}"
        return AccountFacts(key=key, name=key, segment=UNIDENTIFIED, identified=False)
    return unidentified_account(row.requester_key or f"ticket-{row.ticket_id}", domain, config)


def facts_of(account: Account, rules: list[tuple[str, Any]]) -> AccountFacts:
    """The name is the key: a stored run names accounts by key only."""
    margin = 1.0 if account.margin is None else account.margin
    value = None if account.arr is None else account.arr * margin
    return AccountFacts(
        key=f"account:{account.id}",
        name=f"account:{account.id}",
        segment=segment_of(rules, named=account.segment_named, yearly_value=value),
        arr=account.arr,
        margin=margin,
        strategic_uplift=account.strategic_uplift,
        strategic_expires=account.strategic_expires,
        expectation_tier=ExpectationTier(account.expectation_tier) if account.expectation_tier else None,
        risk_band=RiskBand(account.risk_band) if account.risk_band else None,
        renewal_date=account.renewal_date,
        lifecycle=Lifecycle(account.lifecycle),
    )


def value(
    session: Session,
    accounts: Sequence[Account],
    others: Sequence[AccountFacts],
    config: ScoringConfig,
    as_of: datetime,
    **names: Any,
) -> tuple[Valuation, dict[str, int]]:
    """What these accounts and pseudo accounts are worth, and the days to each renewal. ``names``: config_version and
    data_snapshot. Raises LookupError without segments.
    """
    stored = all_segments(session)
    rules = [(s.name, s.rule) for s in stored]
    segments = [SegmentFacts(s.name, s.value_default, ExpectationTier(s.expectation_tier)) for s in stored]
    facts = [*(facts_of(account, rules) for account in accounts), *others]
    today = as_of.astimezone(UTC).date()
    renewals = {a.key: (a.renewal_date - today).days for a in facts if a.renewal_date}
    return value_accounts(facts, segments, config, as_of, **names), renewals


class WithStrangers(Valued):
    """A key that no account has is a pseudo account's: all of them are worth the same."""

    def __missing__(self, key: str) -> AccountValue:
        if key.startswith("account:"):
            raise KeyError(key)
        found = self[key] = replace(self[STRANGER], key=key, name=key)
        return found


def with_strangers(valuation: Valuation) -> Valuation:
    """``valuation`` holds the account STRANGER."""
    return replace(valuation, accounts=WithStrangers(valuation.accounts))


STRANGER_FACTS = AccountFacts(key=STRANGER, name=STRANGER, segment=UNIDENTIFIED, identified=False)


def packed(accounts: dict[str, AccountValue]) -> tuple[str, bytes]:
    """What a run keeps of the accounts' values, and its sha256."""
    rows = [[a.key, a.segment, a.source, a.known, *a.rates, a.growth] for _, a in sorted(accounts.items())]
    plain = json.dumps([FORMAT, rows]).encode()
    return hashlib.sha256(plain).hexdigest(), zlib.compress(plain, 1)


def unpacked(data: bytes) -> WithStrangers:
    """Raises ValueError for values of another format."""
    found, rows = json.loads(zlib.decompress(data))
    if found != FORMAT:
        raise ValueError(f"the run's values are of format {found}; this program reads format {FORMAT}: rank anew")
    return WithStrangers(
        (key, AccountValue(key, key, segment, source, known, Rates(*numbers[:4]), numbers[4]))
        for key, segment, source, known, *numbers in rows
    )
