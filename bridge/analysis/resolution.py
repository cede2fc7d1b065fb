"""Which account a ticket belongs to (domain.md 1 and 2.2).

Order of belief: what the desk says (a name or an external id), then a verified domain. A domain of two accounts
resolves to none, and so does one at which anybody can have an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
