"""E-mail addresses and the names that the help desk knows.

Rule: a name is found word by word in a set, never by a pattern built from it: a pattern a ticket would cost more than
all the others together. Functions take folded text and yield (start, end).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from bridge.analysis.characters import lower

_AT = re.compile(r"@|%40|&#64;|&#x40;|&commat;")
_SPELLED_AT = re.compile(
    r"[ \t]{0,2}[\[({<][ \t]{0,2}(?:at|ät|@|arroba|arobase)[ \t]{0,2}[\])}>][ \t]{0,2}|[ \t]{1,2}(?:at|@)[ \t]{1,2}"
)
_SPELLED_HINT = re.compile(r"[\[({<][ \t]{0,2}(?:at|ät|@|arroba|arobase)[ \t]{0,2}[\])}>]|[ \t]@[ \t]|[ \t]dot[ \t]")
_LOCAL_BACKWARDS = re.compile(r"[\w.+\-%'!#$&*/=?^`{|}~]{1,64}")
_DOT = (
    r"(?:\.|[ \t]{0,2}[\[({<][ \t]{0,2}(?:dot|punkt|point|punto|punt|\.)[ \t]{0,2}[\])}>][ \t]{0,2}"
    r"|[ \t]{1,2}(?:dot|punkt)[ \t]{1,2})"
)
_DOMAIN = re.compile(
    rf"(?:(?:\w[\w\-]{{0,62}}{_DOT}){{1,8}}(?:xn--[\w\-]{{2,59}}|[^\W\d_]{{2,24}})(?![\w])|\[\d[\d.:a-f]{{3,40}}\])",
    re.IGNORECASE,
)
_SERVICE_USERS = frozenset({"git", "hg", "svn"})

_WORD = re.compile(r"[^\W\d_]+")
_NAME_GAP = re.compile(r"[ .,\-'’]{1,2}")
_SHORTEST = 3
_EAST_ASIAN = "\u2e80"
_NO_NAMES = frozenset({
    *("support", "team", "teams", "customer", "customers", "service", "services", "helpdesk", "help", "desk"),
    *("info", "admin", "administrator", "contact", "office", "mail", "sales", "billing", "noreply", "reply"),
    *("agent", "user", "unknown", "anonymous", "system", "kunde", "kunden", "kundenservice", "kundendienst"),
    *("client", "the", "von", "van", "der", "den", "and", "und", "mrs", "herr", "frau", "madame", "monsieur"),
    *("gmbh", "inc", "ltd", "llc", "corp", "company", "group", "com", "org", "net", "www", "http", "https", "test"),
    *("hello",),
})  # fmt: skip
_WORDS_TOO = frozenset({
    *("may", "will", "mark", "bill", "rich", "grant", "hope", "grace", "joy", "rose", "art", "chase", "drew"),
    *("frank", "jack", "max", "sue", "dawn", "page", "price", "best", "young", "long", "case"),
})  # fmt: skip


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Addresses, also percent-encoded, quoted in HTML or written as "name (at) example dot com"."""
    low = lower(text)
    signs = list(_AT.finditer(low))
    if _SPELLED_HINT.search(low):
        signs += _SPELLED_AT.finditer(low)
    for at in signs:
        domain = _DOMAIN.match(text, at.end())
        if domain is None:
            continue
        if at.group().strip() == "at" and " dot " not in domain.group().lower():
            continue
        start = at.start() - _local_length(text[max(0, at.start() - 64) : at.start()])
        local = text[start : at.start()]
        if local and not (local.lower() in _SERVICE_USERS and text[domain.end() : domain.end() + 1] in (":", "/")):
            yield start, domain.end()


def _local_length(before: str) -> int:
    match = _LOCAL_BACKWARDS.match(before[::-1])
    if match is None:
        return 0
    found = before[len(before) - match.end() :]
    for opener in ("/", "=", "?", "&", "'", "`", "{", "|", "*", "#"):
        found = found.rpartition(opener)[2]
    return len(found.lstrip("."))


def names(text: str, known: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Whole words that are a known name or a part of three letters and more; neighbours are one span.

    Case, accents and the German umlaut spelling do not matter, except for names that are everyday words ("Mark"): they
    need their capital. A known e-mail address gives the parts before its @.
    """
    parts, phrases = _known(known)
    low = lower(text)
    if not text.isascii() or any(key in low for key in (*parts, *phrases)):
        yield from _word_hits(text, parts, phrases)
    for name in known:
        yield from _east_asian(text, name.strip())


def _word_hits(text: str, parts: set[str], phrases: dict[str, list[tuple[str, ...]]]) -> Iterator[tuple[int, int]]:
    words = [(match.start(), match.end(), _key(match.group())) for match in _WORD.finditer(text)]
    hits = [_is_name(text[start:end], key, parts) for start, end, key in words]
    for first, (_, _, key) in enumerate(words):
        for phrase in phrases.get(key, ()):
            if tuple(word[2] for word in words[first : first + len(phrase)]) == phrase:
                hits[first : first + len(phrase)] = [True] * len(phrase)
    yield from _joined(text, [word[:2] for word, hit in zip(words, hits, strict=True) if hit])


def _known(known: Sequence[str]) -> tuple[set[str], dict[str, list[tuple[str, ...]]]]:
    parts: set[str] = set()
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for name in known:
        keys = tuple(_key(word) for word in _WORD.findall(name.partition("@")[0]))
        parts.update(key for key in keys if len(key) >= _SHORTEST and key not in _NO_NAMES)
        if len(keys) > 1 and min(map(len, keys)) < _SHORTEST and not set(keys) <= _NO_NAMES:
            phrases.setdefault(keys[0], []).append(keys)
    return parts, phrases


def _key(word: str) -> str:
    if word.isascii():
        return word.lower()
    folded = word.casefold()
    for umlaut, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        folded = folded.replace(umlaut, spelled)
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))


def _is_name(word: str, key: str, parts: set[str]) -> bool:
    return key in parts and (key not in _WORDS_TOO or not word.islower())


def _joined(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    open_span: tuple[int, int] | None = None
    for span in spans:
        if open_span and _NAME_GAP.fullmatch(text, open_span[1], span[0]):
            open_span = open_span[0], span[1]
            continue
        if open_span:
            yield open_span
        open_span = span
    if open_span:
        yield open_span


def _east_asian(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Scripts that set no space between words: the whole name, anywhere."""
    if len(name) < 2 or min(name) < _EAST_ASIAN:  # noqa: PLR2004 - one sign is no name
        return
    place = text.find(name)
    while place >= 0:
        yield place, place + len(name)
        place = text.find(name, place + len(name))
