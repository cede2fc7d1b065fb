"""Whose ticket it is, and what every account is worth: the side of a ranking that is not about tickets.

Rule: a key follows from the ticket's own columns, the directory of accounts, the constants, what people ruled and which
company each domain belongs to: see ``fingerprint`` and ``companies``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bridge.analysis.requesters import Strangers
from bridge.analysis.resolution import Directory
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import AccountFacts, SegmentFacts, Valuation, value_accounts
from bridge.pipeline.rank.accounts import facts_of
from bridge.ranked.values import FORMAT
from bridge.store.accounts import Account, Segment
from bridge.store.ranking import SignalRow, account_keys
from bridge.store.requesters import reference_pairs, rulings
from bridge.words import ExpectationTier


@dataclass(frozen=True)
class People:
    """Finds the account's key of a ticket."""

    directory: Directory
    strangers: Strangers
    _known: dict[tuple[str | None, str | None, str | None], str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, config: ScoringConfig, as_of: datetime) -> People:
        directory = Directory.build(*account_keys(session))
        return cls(directory, Strangers.of(reference_pairs(session, as_of), directory, config, rulings(session)))

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
        stranger = self.stand_in(row)
        return stranger.key if stranger else None

    def stand_in(self, row: SignalRow) -> AccountFacts | None:
        """The pseudo account of a ticket that no account claims; None for our own people's tickets."""
        who = row.requester_key or f"ticket-{row.ticket_id}"
        return self.strangers.stand_in(row.account_ref, who, row.requester_domain)

    @property
    def companies(self) -> Mapping[str, str]:
        """By domain: what it changes when the tickets of others change."""
        return self.strangers.companies

    def fingerprint(self) -> str:
        """Of all that keys and severities of tickets depend on beside tickets and ``companies``."""
        config = self.strangers.config
        said = [
            FORMAT,
            [sorted(getattr(self.directory, part.name).items()) for part in fields(self.directory)],
            sorted(config.priority_severity.items()),
            [config.default_severity, sorted(config.internal_domains), sorted(config.free_mail_domains)],
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def value(
    segments: Sequence[Segment],
    accounts: Sequence[Account],
    others: Sequence[AccountFacts],
    config: ScoringConfig,
    as_of: datetime,
    **names: Any,
) -> Valuation:
    """What these accounts and pseudo accounts are worth. ``names``: config_version and data_snapshot.

    Raises LookupError without segments.
    """
    rules = [(s.name, s.rule) for s in segments]
    known = [SegmentFacts(s.name, s.value_default, ExpectationTier(s.expectation_tier)) for s in segments]
    facts = [*(facts_of(account, rules) for account in accounts), *others]
    return value_accounts(facts, known, config, as_of, **names)
