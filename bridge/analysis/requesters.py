"""Which account stands for a requester whom no known account claims.

One rule: a corporate domain is one account, a free-mail address is one account, our own domains are none.
"""

from __future__ import annotations

from bridge.analysis.identity import is_free_mail
from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import UNIDENTIFIED, AccountFacts


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


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
