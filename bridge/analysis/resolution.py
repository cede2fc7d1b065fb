"""Which account a ticket belongs to, and which segment an account falls into (domain.md 1 and 2.2).

Order of belief: what the desk says (a name or an external id), then a verified domain. A domain of two accounts
resolves to none, and so does one at which anybody can have an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.analysis.identity import is_free_mail


@dataclass(frozen=True, slots=True)
class Directory:
    """Accounts by lower-case name, by external id ("system:id", and "id" where only one system uses it), by domain."""

    names: Mapping[str, int]
    external_ids: Mapping[str, int]
    domains: Mapping[str, int]

    @classmethod
    def build(
        cls,
        names: Sequence[tuple[str, int]],
        external_ids: Sequence[tuple[str, int]],
        domains: Sequence[tuple[str, int]],
    ) -> Directory:
        bare = [(full.partition(":")[2], account) for full, account in external_ids if ":" in full]
        return cls(
            _unambiguous([(name.strip().casefold(), account) for name, account in names]),
            {**_unambiguous(bare), **dict(external_ids)},
            _unambiguous([(d.lower(), account) for d, account in domains if not is_free_mail(d)]),
        )

    def resolve(self, account_ref: str | None, domain: str | None) -> int | None:
        """The account's id, or None."""
        if account_ref:
            ref = account_ref.strip()
            found = self.names.get(ref.casefold(), self.external_ids.get(ref))
            if found is not None:
                return found
        return self.domains.get(domain.lower()) if domain else None


def _unambiguous(pairs: Sequence[tuple[str, int]]) -> dict[str, int]:
    owners: dict[str, set[int]] = {}
    for key, account in pairs:
        owners.setdefault(key, set()).add(account)
    return {key: next(iter(accounts)) for key, accounts in owners.items() if len(accounts) == 1}


def segment_of(rules: Sequence[tuple[str, Mapping[str, Any]]], *, named: str | None, yearly_value: float | None) -> str:
    """The segment's name: the one that an import named, else the first rule that holds. The last rule holds always.

    Raises LookupError where there are no segments.
    """
    if not rules:
        raise LookupError("there are no segments: run `bridge init` or `bridge db upgrade` first")
    if named and any(name == named for name, _ in rules):
        return named
    for name, rule in rules:
        floor = rule.get("value_at_least")
        if not rule or (floor is not None and yearly_value is not None and yearly_value >= floor):
            return name
    return rules[-1][0]


DEFAULT_SEGMENTS: tuple[dict[str, Any], ...] = (
    {
        "name": "strategic",
        "rule": {"value_at_least": 100_000},
        "value_default": 150_000.0,
        "expectation_tier": "premium",
    },
    {
        "name": "mid-market",
        "rule": {"value_at_least": 25_000},
        "value_default": 50_000.0,
        "expectation_tier": "standard",
    },
    {
        "name": "self-serve",
        "rule": {"value_at_least": 0},
        "value_default": 6_000.0,
        "expectation_tier": "self_serve",
    },
    {"name": "unclassified", "rule": {}, "value_default": 18_000.0, "expectation_tier": "standard"},
)
"""Planning defaults, seeded once; a company edits its own rows. The catch-all takes accounts of unknown value."""
