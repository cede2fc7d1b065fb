"""The text of a tracker issue: counts, dates and words, never a name, never money, never a raw ticket.

Text that came from tickets is neutralised: it can mention nobody, close nothing and load nothing over there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.analysis.redaction import redact
from bridge.words import display_id

TITLE_LIMIT = 120
MAX_TICKETS = 10
MAX_SEGMENTS = 20
_URL = re.compile(r"https?://[^\s<>\"\\^`{|}]{1,2000}")
_SETTLES = 8

_WIDE = 0xFEE0
"""From an ASCII sign to its full-width twin, which no tracker reads as markup."""
_MEANS_SOMETHING = re.compile(
    r"""
      [@#&~%$](?=[\w\[({"'])         # mentions, references, entities
    | !(?=[\w\[({<>=/.:])          # pictures in Markdown and Textile
    | [<`|]                         # HTML, comments, code, table cells
    | \{(?=[\w{])                   # macros
    | \[(?=\[|\s*issue-bridge)      # wiki links, our own marker
    | (?<=\])\(|(?<=\"):(?=\S)      # targets of links
    | :(?=//)|(?<=\bwww)\.          # addresses that a tracker would turn into links
    | (?<=\bGH)-(?=\d)
    | ^(?:[\s>*+-]*)[/\\](?=\w)      # commands at the beginning of a line
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of a cluster. ``band`` as in ``touching``; ``segments``: (name, accounts); ``tickets``: (id, url) of
    some open ones; ``updated``: the day and the reasons of a later touch.
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
    updated: tuple[date, Sequence[str]] | None = None


def neutralise(text: str) -> str:
    """Text of a customer as harmless text in any tracker: no mention, reference, closing word, command, link or
    picture. Signs are only replaced by their full-width twins, so that redaction finds in it what it found before.
    """
    return _MEANS_SOMETHING.sub(lambda found: found.group()[:-1] + _widened(found.group()[-1]), text)


def _widened(sign: str) -> str:
    return chr(ord(sign) + _WIDE)


def quoted(text: str) -> str:
    """Words of a customer on one line: redacted as lines and as a whole, and harmless."""
    line = " ".join(redact(text).text.split())
    return neutralise(redact(line).text)


def issue_title(title: str) -> str:
    """At most ``TITLE_LIMIT`` characters. The title of a title is itself, also after redaction: publish recognises by
    that what a person changed.
    """
    text = title
    for _ in range(_SETTLES):
        before, text = text, _shortened(quoted(text))
        if text == before:
            break
    return text


def _shortened(text: str) -> str:
    return text if len(text) <= TITLE_LIMIT else text[: TITLE_LIMIT - 1].rstrip() + "…"


def issue_body(facts: Facts) -> str:
    """Plain text that reads well in Markdown and Textile alike. Changes only when a fact does."""
    segments = ", ".join(f"{quoted(name)} {count}" for name, count in facts.segments[:MAX_SEGMENTS])
    lines = [
        f"Customers report this issue ({display_id(facts.cluster_id)}).",
        "",
        f"* Rank by customer value at risk: {facts.band}",
        f"* Accounts affected: {facts.accounts}" + (f" ({segments})" if segments else ""),
        f"* Tickets: {facts.open_tickets} open of {facts.tickets_in_all}",
        f"* First report {facts.first_seen.isoformat()}, last customer signal {facts.last_signal.isoformat()}",
    ]
    if facts.severity:
        lines.append(f"* Severity set by product: {facts.severity}")
    if facts.phrases:
        lines.append("* Customers' words: " + "; ".join(map(quoted, facts.phrases)))
    if facts.tickets:
        lines += ["", "Open tickets:"]
        lines += [f"* {quoted(id_)}{_address(url)}" for id_, url in facts.tickets[:MAX_TICKETS]]
        more = facts.open_tickets - min(len(facts.tickets), MAX_TICKETS)
        lines += [f"* and {more} more"] if more > 0 else []
    if facts.updated:
        day, why = facts.updated
        lines += ["", f"Updated {day.isoformat()}: {', '.join(why)}."]
    return "\n".join(lines)


def _address(url: str | None) -> str:
    """Where the ticket can be read, if that is a web address, without anything secret in it."""
    return f" {url}" if url and _URL.fullmatch(url) and redact(url).text == url else ""


def merged_body(cluster_id: int, into: int, url: str | None) -> str:
    """What the issue of a merged cluster says from then on; nothing is closed."""
    where = f" ({url})" if url else ""
    return f"Customers' reports of this issue ({display_id(cluster_id)}) are now counted in {display_id(into)}{where}."


def block_hash(body: str | None) -> str | None:
    """Equal for bodies that differ only in line ends and trailing blanks, which trackers change as they like."""
    if body is None:
        return None
    lines = [line.rstrip() for line in body.replace("\r\n", "\n").strip().split("\n")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
