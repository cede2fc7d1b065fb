"""Whether an issue fits a rule over its tickets: that of most of its accounts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bridge.settings.publishing import Rule


class Marks(Protocol):
    """What the desk says of a ticket. ``account``: whose it is, as well as the desk knows."""

    @property
    def connection(self) -> str: ...
    @property
    def group(self) -> str | None: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def account(self) -> str: ...


def fits(rule: Rule, tickets: Sequence[Marks]) -> bool:
    """Whether more than half of the accounts have a ticket that fits: one account with many tickets decides nothing."""
    accounts = {ticket.account for ticket in tickets}
    hit = {ticket.account for ticket in tickets if _holds(rule, ticket)}
    return 2 * len(hit) > len(accounts)


def _holds(rule: Rule, ticket: Marks) -> bool:
    tags = {tag.casefold() for tag in ticket.tags}
    return (
        (rule.tag is None or rule.tag.casefold() in tags)
        and (rule.group is None or rule.group.casefold() == (ticket.group or "").casefold())
        and (rule.connection is None or rule.connection == ticket.connection)
        and all(_same(ticket.attributes.get(name), value) for name, value in rule.attributes.items())
    )


def _same(found: object, wanted: str) -> bool:
    return found is not None and str(found).casefold() == wanted.casefold()
