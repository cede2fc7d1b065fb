"""Customers' words as harmless text in a tracker: no mention, reference, closing word, command, link, picture, heading.

Rule: signs are only replaced by their full-width twins, so that the text stays readable and as long as it was, and
redaction finds in it what it found before. What a dialect reads as markup follows its documentation and its parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.base import Dialect

_WIDE = 0xFEE0
"""From an ASCII sign to its full-width twin, which no tracker reads as markup."""
_BLOCKS = re.compile(r"^[\s>#*+=_~/\\-]+", re.MULTILINE)
"""Signs at the beginning of a line: headings, rules, fences, lists, quotes, commands."""
_ANYWHERE = r"""
      [@#&~%$](?=[\w\[({"'])         # mentions, references, entities
    | !(?=[\w\[({<>=/.:])          # pictures in Markdown and Textile
    | [<`|]                         # HTML, comments, code, table cells
    | \{(?=[\w{])                   # macros
    | \[(?=\[|\s*issue-bridge)      # wiki links, our own marker
    | (?<=\])[(:]|(?<=\"):(?=\S)    # targets of links
    | :(?=//)|(?<=\bwww)\.          # addresses that a tracker would turn into links
    | \b(?:GH|GL)-(?=\d)
    | ^[ ]*(?:h[1-6]|bq|fn\d+|p|table|pre|bc|notextile)[^\s.]{0,40}\.(?=\.?(?:\s|$))
    """
_COMMIT = r"| (?-i:\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f](?=[0-9a-f]{6,39}\b))"
_FURTHER: Mapping[Dialect, str] = {
    Dialect.MARKDOWN: "",
    Dialect.GITHUB: _COMMIT,
    Dialect.GITLAB: _COMMIT
    + r"| \[(?=(?:vulnerability|feature_flag|contact|cadence|issue|epic|work_item|wiki_page):) | [*](?=iteration:)",
    Dialect.REDMINE: r"""
    | \b(?:attachment|document|version|forum|news|message|project|commit|source|export|user|wiki|issue|note):(?=[\w"'/])
    | (?<![\w/-])r(?=\d)            # revisions
    """,
    Dialect.JIRA: r"""
    | \[(?=\S)                      # links, attachments, people
    | \{(?=\S)
    | (?-i:\b[A-Z][A-Z0-9_]+)-(?=\d)  # keys of issues
    """,
}
_PATTERNS = {
    dialect: re.compile(_ANYWHERE + further, re.VERBOSE | re.MULTILINE | re.IGNORECASE)
    for dialect, further in _FURTHER.items()
}


def neutralise(text: str, dialect: Dialect = Dialect.MARKDOWN) -> str:
    """The text with every sign widened that means something in this dialect. Neutral text is left as it is."""
    text = _BLOCKS.sub(lambda found: "".join(c if c.isspace() else chr(ord(c) + _WIDE) for c in found.group()), text)
    return _PATTERNS[dialect].sub(lambda found: found.group()[:-1] + chr(ord(found.group()[-1]) + _WIDE), text)
