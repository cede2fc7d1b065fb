"""Which account stands for a requester whom no known account claims.

One rule: a corporate domain is one account, a free-mail address is one account, our own domains are none.
"""

from __future__ import annotations

from bridge.analysis.scoring import ScoringConfig
from bridge.analysis.value import UNIDENTIFIED, AccountFacts


def is_internal(domain: str, config: ScoringConfig) -> bool:
    """True for a configured internal or test domain and everything below it."""
    return _within(domain.lower(), config.internal_domains)


def unidentified_account(requester: str, domain: str, config: ScoringConfig) -> AccountFacts | None:
    """The pseudo account of an unresolved requester; None when the ticket must not be scored (our own
    domain).

    `requester` is the keyed hash of the address, never the address. A requester without a domain stands
    alone.
    """
    domain = domain.lower()
    if is_internal(domain, config):
        return None
    if not domain or domain in config.free_mail_domains:
        key, name = f"requester:{requester}", "one unidentified requester"
    else:
        key, name = f"domain:{domain}", domain
    return AccountFacts(key=key, name=name, segment=UNIDENTIFIED, identified=False)


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
