"""What accounts were worth in a stored run, packed and read again; the constants it was made with.

Rule: all pseudo accounts are worth the same, so one stands for them.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import UNIDENTIFIED, AccountFacts, AccountValue, Rates, Valuation
from bridge.store.ranking import scoring_config

FORMAT = 1
"""Of what is kept between rankings, and of the rules by which keys and records are made: a new one with each change."""
STRANGER = "stranger"
STRANGER_FACTS = AccountFacts(key=STRANGER, name=STRANGER, segment=UNIDENTIFIED, identified=False)


def constants(session: Session, version: int | None = None) -> tuple[ScoringConfig, int]:
    """Of the newest version, or of this one. Raises LookupError where there is none."""
    stored = scoring_config(session, version)
    if stored is None:
        raise LookupError("no scoring configuration: run `bridge init` or `bridge db upgrade` first")
    return ScoringConfig.from_dict(stored.params), stored.version or 0


class WithStrangers(dict[str, AccountValue]):
    """A key that no account has is a pseudo account's: all of them are worth the same."""

    def __missing__(self, key: str) -> AccountValue:
        if key.startswith("account:"):
            raise KeyError(key)
        found = self[key] = replace(self[STRANGER], key=key, name=key)
        return found


def with_strangers(valuation: Valuation) -> Valuation:
    """``valuation`` holds the account STRANGER."""
    return replace(valuation, accounts=WithStrangers(valuation.accounts))


def packed(accounts: Mapping[str, AccountValue]) -> tuple[str, bytes]:
    """What a run keeps of the accounts' values: its sha256, and the bytes."""
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
