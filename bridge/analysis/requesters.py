"""Which account stands for a requester whom no known account claims.

One rule: a corporate domain is one account, a free-mail address is one account, our own domains are none. A name that
desks give is one account, together with every domain from which only that name writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.analysis.identity import is_free_mail
from bridge.analysis.resolution import Directory
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import UNIDENTIFIED, AccountFacts


class Verdict(StrEnum):
    """What a person can say of requesters whom no account claims."""

    ACCOUNT = "account"
    NEW = "new"
    INTERNAL = "internal"
    FREE_MAIL = "free_mail"


def is_internal(domain: str, config: ScoringConfig) -> bool:
    """True for a configured internal or test domain and everything below it."""
    return _within(domain.lower(), config.internal_domains)


def unidentified_account(requester: str, domain: str, config: ScoringConfig) -> AccountFacts | None:
    """The pseudo account of an unresolved requester; None when the ticket must not be scored (our own
    domain).

    `requester` is the keyed hash of the address, never the address. A requester without a domain stands
    alone. The name is the key, as of every account in a stored run: two strangers under one name would be added up
    as one account.
    """
    domain = domain.lower()
    if is_internal(domain, config):
        return None
    alone = not domain or is_free_mail(domain) or domain in config.free_mail_domains
    key = f"requester:{requester}" if alone else f"domain:{domain}"
    return AccountFacts(key=key, name=key, segment=UNIDENTIFIED, identified=False)


@dataclass(frozen=True, slots=True)
class Strangers:
    """Requesters whom no account claims. ``companies``: by corporate domain the name that desks give to whoever writes
    from there, where all give the same one: the name and the domain are then one account.
    """

    config: ScoringConfig
    companies: Mapping[str, str]

    @classmethod
    def of(
        cls,
        pairs: Iterable[tuple[str, str]],
        directory: Directory,
        config: ScoringConfig,
        rulings: Mapping[str, str],
    ) -> Strangers:
        """``pairs``: (account as a desk says it, domain) of every ticket that shows both. ``rulings``: by domain what
        a person said of it, internal or free_mail.
        """
        internal = tuple(sorted(d for d, verdict in rulings.items() if verdict == Verdict.INTERNAL))
        free = tuple(sorted(d for d, verdict in rulings.items() if verdict == Verdict.FREE_MAIL))
        config = replace(
            config,
            internal_domains=config.internal_domains + internal,
            free_mail_domains=config.free_mail_domains + free,
        )
        names: dict[str, set[str]] = {}
        for ref, domain in pairs:
            if directory.resolve(ref, domain) is None and not _stands_alone(domain.lower(), config):
                names.setdefault(domain.lower(), set()).add(_folded(ref))
        return cls(config, {domain: min(some) for domain, some in names.items() if len(some) == 1})

    def company(self, ref: str | None, domain: str | None) -> str | None:
        """The key of the company that stands in for an account; None for a person alone and for our own people."""
        domain = (domain or "").lower()
        if domain and is_internal(domain, self.config):
            return None
        if ref and ref.strip():
            return f"named:{_folded(ref)}"
        if not domain or _stands_alone(domain, self.config):
            return None
        return f"named:{self.companies[domain]}" if domain in self.companies else f"domain:{domain}"

    def stand_in(self, ref: str | None, requester: str, domain: str | None) -> AccountFacts | None:
        """The pseudo account of a ticket; None for our own people's tickets."""
        key = self.company(ref, domain)
        if key is None:
            return unidentified_account(requester, domain or "", self.config)
        return AccountFacts(key=key, name=key, segment=UNIDENTIFIED, identified=False)


def _folded(ref: str) -> str:
    return ref.strip().casefold()


def _stands_alone(domain: str, config: ScoringConfig) -> bool:
    """Whether who writes from there is a person alone, or one of our own."""
    return is_free_mail(domain) or domain in config.free_mail_domains or is_internal(domain, config)


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
