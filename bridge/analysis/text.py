"""What a vendor's body becomes: plain text that can be stored, and the part of it that is compared.

Rule: nothing here fails on a text, however broken, and no text that leaves is longer than ``MAX_TEXT`` and its marker.
Redaction runs on what ``to_text`` returns.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Sequence

from inscriptis import ParserError, get_text
from inscriptis.model.config import ParserConfig

from bridge.analysis.characters import visible
from bridge.analysis.language import language_of
from bridge.analysis.mailtext import clean

__all__ = [
    "CUT",
    "MAX_TEXT",
    "bare_subject",
    "clean",
    "content_hash",
    "embed_text",
    "language_of",
    "looks_like_html",
    "story_of",
    "to_text",
]

MAX_TEXT = 200_000
CUT = "\n[text cut here]"
EMBEDDED = 1200
TOLD = 2
_MAX_HTML = 1_000_000
_TAIL = 1000

_UNSEEN = re.compile(r"<(script|style|head|template|noscript|svg|title)\b[^<>]*>|<!--", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:table|tbody|thead|tfoot|tr)\b[^<>]*>", re.IGNORECASE)
_CELL_TAG = re.compile(r"</?t[dh]\b[^<>]*>", re.IGNORECASE)
_STYLE = re.compile(r"\sstyle\s{0,3}=\s{0,3}(?:\"[^\"<>]{0,4000}\"|'[^'<>]{0,4000}')", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s{0,3}:\s{0,3}none", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)
_CONTAINER = re.compile(
    r"<(/)?(?:div|span|ul|ol|blockquote|b|i|u|em|strong|font|center|section|article|a|table|td|tr|tbody|pre|code)\b",
    re.IGNORECASE,
)
_DEEPEST = 120
_BREAK_TAG = re.compile(r"<(?:br|/?p|/?div|/?li|/?tr|/h\d)\b[^<>]*>", re.IGNORECASE)

_DOCUMENT = re.compile(
    r"\s*(?:<!doctype html|<html|<head|<body|<meta|<div|<p\b|<table|<span|<style|<font)", re.IGNORECASE
)
_MARKUP = re.compile(
    r"</(?:p|div|span|td|tr|table|li|ul|ol|font|blockquote|h[1-6]|strong|b|a)>|<br\s*/?>|&nbsp;", re.IGNORECASE
)
_ENOUGH_MARKUP = 3

_SPACES = re.compile(r"[^\S\n]+")
_LINE_EDGE = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SUBJECT_PREFIX = re.compile(
    r"\s*(?:(?:re|r|aw|antw|antwort|sv|vs|fwd?|fw|wg|wtr|tr|rv|res|enc|ref|betr|doorst|i|rif)(?:\[\d+\]|\(\d+\))?\s*[:：]"
    r"|[\[(](?:ticket|case|request|#|ref)?[^\[\]()\n]{0,30}?#?\d[\w\-]{0,20}[\])]|\[(?:external|extern|ext|spam)\]|(?:ticket|case)?\s?#\d{2,}\s*[:\-]?)\s*",
    re.IGNORECASE,
)
_MANY_PREFIXES = 10


def to_text(body: str, content_type: str) -> str:
    """Plain NFC text of a body: no markup, no invisible or control characters, at most one empty line in a row."""
    if content_type.partition(";")[0].strip().lower() == "text/html":
        body = _html_to_text(_shortened(body, _MAX_HTML))
    text = visible(_shortened(body, 2 * MAX_TEXT)).replace("\r\n", "\n").replace("\r", "\n")
    text = _LINE_EDGE.sub("\n", _SPACES.sub(" ", text))
    return _shortened(_EMPTY_LINES.sub("\n\n", text).strip(), MAX_TEXT)


def _shortened(text: str, length: int) -> str:
    """Cut where a line or a word ends, so that no half of a number or address stays."""
    if len(text) <= length or (text.endswith(CUT) and len(text) <= length + len(CUT)):
        return text
    border = max(text.rfind("\n", length - _TAIL, length), text.rfind(" ", length - _TAIL, length))
    return text[: border if border > 0 else length] + CUT


def _html_to_text(source: str) -> str:
    """By inscriptis, without tables and styles: its columns and paddings cost memory that a body could choose."""
    source = _STYLE.sub(_hidden_or_nothing, visible(source))
    if _depth(source) > _DEEPEST:
        return _stripped(source)
    blocks = _CELL_TAG.sub(" ", _BLOCK_TAG.sub("<div></div>", source))
    try:
        text: str = get_text(blocks, ParserConfig(display_links=False, display_images=False))
    except (ParserError, ValueError, RecursionError):
        text = ""
    return text if text.strip() else _stripped(source)


def _depth(source: str) -> int:
    """Deepest nesting of container tags; the parser silently drops what lies below 255."""
    deepest = depth = 0
    for tag in _CONTAINER.finditer(source):
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _hidden_or_nothing(style: re.Match[str]) -> str:
    return ' style="display:none"' if _HIDDEN_STYLE.search(style.group()) else ""


def _stripped(source: str) -> str:
    """Every text outside tags, comments and scripts: for markup too deep or too broken to parse."""
    pieces, place = [], 0
    while opening := _UNSEEN.search(source, place):
        pieces.append(source[place : opening.start()])
        closing = "-->" if opening.group(1) is None else f"</{opening.group(1)}"
        end = source.find(closing, opening.end())
        if end < 0:
            end = source.lower().find(closing.lower(), opening.end())
        place = len(source) if end < 0 else end
    markup = "".join([*pieces, source[place:]])
    return html.unescape(_TAG.sub(" ", _BREAK_TAG.sub("\n", markup)))


def looks_like_html(body: str) -> bool:
    """For exports that do not say: a document, or prose that is marked up; not prose that mentions a tag."""
    head = body[:MAX_TEXT]
    if _DOCUMENT.match(head) and _MARKUP.search(head):
        return True
    return len(_MARKUP.findall(head)) >= _ENOUGH_MARKUP


def embed_text(subject: str, messages: Sequence[str], without: Callable[[str], str] = str) -> str:
    """What is embedded: the bare subject and the first cleaned messages that say something, at most ``EMBEDDED``.

    ``without`` takes out what the collection repeats around its tickets (``boilerplate.strip``).
    """
    whole = story_of(subject, messages)
    if (bare := without(whole)) != whole:
        whole = clean(bare)
    if len(whole) <= EMBEDDED:
        return whole.strip()
    border = max(whole.rfind(" ", 0, EMBEDDED + 1), whole.rfind("\n", 0, EMBEDDED + 1))
    return whole[: border if border > 0 else EMBEDDED].strip()


def story_of(subject: str, messages: Sequence[str]) -> str:
    """The bare subject and the first two messages that say something, cleaned, whole: what is learned from.

    Two, as the first may only say hello; benchmarks/README.md tells what one, and the answers of agents, cost.
    """
    topic = bare_subject(subject)
    told: list[str] = []
    for message in messages:
        if len(told) < TOLD and (cleaned := clean(message)) and cleaned not in told:
            told.append(cleaned)
    story = "\n\n".join(told)
    return (story if story.startswith(topic) else f"{topic}\n{story}").strip()


def bare_subject(subject: str) -> str:
    """Without "Re:", "AW:", "Fwd:", "[#123]" and the like in any number; the subject itself if nothing else is left."""
    bare = _SPACES.sub(" ", subject.replace("\n", " ")).strip()
    for _ in range(_MANY_PREFIXES):
        prefix = _SUBJECT_PREFIX.match(bare)
        if prefix is None or prefix.end() == len(bare):
            break
        bare = bare[prefix.end() :]
    return bare


def content_hash(text: str) -> str:
    """SHA-256 (hex) of the UTF-8 text; lone surrogates count too."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
