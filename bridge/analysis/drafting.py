"""The text of a tracker issue: counts, dates and words, never a name, never money, never a raw ticket.

Text that came from tickets is neutralised: it can mention nobody, close nothing and load nothing over there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from string import Template

from bridge.analysis.neutralising import neutralise
from bridge.analysis.redaction import redact
from bridge.words import display_id
from connectors.base import Dialect

TITLE_LIMIT = 120
MAX_TICKETS = 10
MAX_SEGMENTS = 20
_URL = re.compile(r"https?://[^\s<>\"\\^`{|}]{1,2000}")
_SETTLES = 8
_GAP = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of a cluster. ``band`` as in ``touching``; ``segments``: (name, accounts); ``tickets``: (id, url) of
    some open ones; ``link``: its page here; ``updated``: the day and the reasons of a later touch.
    """

    cluster_id: int
    title: str
    band: str
    accounts: int
    open_tickets: int
    tickets_in_all: int
    first_seen: date
    last_signal: date
    phrases: Sequence[str]
    segments: Sequence[tuple[str, int]]
    tickets: Sequence[tuple[str, str | None]]
    severity: str | None = None
    link: str | None = None
    updated: tuple[date, Sequence[str]] | None = None


def quoted(text: str, dialect: Dialect = Dialect.MARKDOWN) -> str:
    """Words of a customer on one line: redacted as lines and as a whole, and harmless."""
    line = " ".join(redact(text).text.split())
    return neutralise(redact(line).text, dialect)


def issue_title(title: str, dialect: Dialect = Dialect.MARKDOWN) -> str:
    """At most ``TITLE_LIMIT`` characters. The title of a title is itself, also after redaction: publish recognises by
    that what a person changed.
    """
    text = title
    for _ in range(_SETTLES):
        before, text = text, _shortened(quoted(text, dialect))
        if text == before:
            break
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= TITLE_LIMIT else text[: TITLE_LIMIT - 1].rstrip() + "…"


def issue_body(facts: Facts, template: str, dialect: Dialect = Dialect.MARKDOWN) -> str:
    """The template with the facts filled in. A line whose placeholders all say nothing is left out.

    Plain text that reads well in every dialect; changes only when a fact does.
    """
    values = _values(facts, dialect)
    lines = []
    for line in template.strip("\n").splitlines():
        made = Template(line)
        names = made.get_identifiers()
        if not names or any(values[name] for name in names):
            lines.append(made.substitute(values).rstrip())
    return _GAP.sub("\n\n", "\n".join(lines)).strip()


def _values(facts: Facts, dialect: Dialect) -> dict[str, str]:
    """What each placeholder says; "" where there is nothing to say."""
    segments = ", ".join(f"{quoted(name, dialect)} {count}" for name, count in facts.segments[:MAX_SEGMENTS])
    day, why = facts.updated or (None, ())
    return {
        "id": display_id(facts.cluster_id),
        "title": issue_title(facts.title, dialect),
        "rank": facts.band,
        "accounts": str(facts.accounts),
        "accounts_by_segment": f"{facts.accounts} ({segments})" if segments else str(facts.accounts),
        "open": str(facts.open_tickets),
        "tickets": str(facts.tickets_in_all),
        "first": facts.first_seen.isoformat(),
        "last": facts.last_signal.isoformat(),
        "severity": facts.severity or "",
        "words": "; ".join(quoted(phrase, dialect) for phrase in facts.phrases),
        "open_tickets": _open_tickets(facts, dialect),
        "link": facts.link or "",
        "updated": f"Updated {day.isoformat()}: {', '.join(why)}." if day else "",
    }


def _open_tickets(facts: Facts, dialect: Dialect) -> str:
    if not facts.tickets:
        return ""
    lines = [f"* {quoted(id_, dialect)}{_address(url)}" for id_, url in facts.tickets[:MAX_TICKETS]]
    more = facts.open_tickets - min(len(facts.tickets), MAX_TICKETS)
    return "\n".join(["Open tickets:", *lines, *([f"* and {more} more"] if more > 0 else [])])


def _address(url: str | None) -> str:
    """Where the ticket can be read, if that is a web address, without anything secret in it."""
    return f" {url}" if url and _URL.fullmatch(url) and redact(url).text == url else ""


def merged_body(cluster_id: int, into: int, url: str | None) -> str:
    """What the issue of a merged cluster says from then on; nothing is closed."""
    return (
        f"Customers' reports of this issue ({display_id(cluster_id)}) are now counted in {display_id(into)}{_at(url)}."
    )


def merge_comments(loser: tuple[int, str | None], winner: tuple[int, str | None]) -> tuple[str, str]:
    """What is said below the issues of a merged cluster and of the one that it is part of now: (id, url) of each."""
    (one, one_url), (other, other_url) = loser, winner
    told = "Nothing was closed: whether one of the two issues is still needed is for you to decide."
    return (
        f"{display_id(one)} was merged into {display_id(other)}{_at(other_url)}: customers' reports are counted there. "
        + told,
        f"{display_id(one)}{_at(one_url)} was merged into this issue: its customers' reports are counted here. {told}",
    )


def unmerge_comments(loser: tuple[int, str | None], winner: tuple[int, str | None]) -> tuple[str, str]:
    """The same where the merge was taken back."""
    (one, one_url), (other, other_url) = loser, winner
    return (
        f"The merge into {display_id(other)}{_at(other_url)} was taken back: {display_id(one)} counts its own reports.",
        f"The merge of {display_id(one)}{_at(one_url)} into this issue was taken back: it counts its own reports.",
    )


def _at(url: str | None) -> str:
    return f" ({url})" if url else ""


def block_hash(body: str | None) -> str | None:
    """Equal for bodies that differ only in line ends and trailing blanks, which trackers change as they like."""
    if body is None:
        return None
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").strip().split("\n")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
