"""A message as a mail shows it: the same words as plain text and as HTML.

Rule: every word is escaped, the only links are our own, and nothing is loaded from anywhere. Pure.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape

WIDTH = 78


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: its ``title``, which links to ``url``, and what is said of it."""

    title: str
    said: tuple[str, ...] = ()
    url: str | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """``lead`` says it in a sentence; ``foot`` is what the reader should know of the figures."""

    subject: str
    lead: str
    sections: tuple[Section, ...] = ()
    foot: tuple[str, ...] = ()
    url: str | None = None
    settings: str | None = None
    unsubscribe: str | None = None


def plain(letter: Letter, *, links: bool = True) -> str:
    """``links`` False: for a channel, which has a link of its own below."""
    parts = [_wrapped(letter.lead)]
    for section in letter.sections:
        rows = [_row(line, links=links) for line in section.lines]
        parts.append("\n".join([section.title.upper() if links else section.title, *rows]))
    parts += [_wrapped(text) for text in letter.foot]
    if links:
        ways = (("Choose what you are told of", letter.settings), ("Get no more of these", letter.unsubscribe))
        if told := [f"{words}: {url}" for words, url in ways if url]:
            parts.append("-- \n" + "\n".join(told))
    return "\n\n".join(parts) + "\n"


def _row(line: Line, *, links: bool) -> str:
    head = f"{line.label} {line.title}".strip()
    said = [_wrapped(text, "  ") for text in line.said]
    return "\n".join([_wrapped(head), *said, *([f"  {line.url}"] if links and line.url else [])])


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_html(letter: Letter) -> str:
    """One column that fits a telephone; light and dark as the reader's system says. Colours: the pages' tokens."""
    body = [f'<p class="lead">{_e(letter.lead)}</p>']
    for section in letter.sections:
        body += [f"<h2>{_e(section.title)}</h2>", "<ul>", *(_item(line) for line in section.lines), "</ul>"]
    body += [f'<p class="foot">{_e(text)}</p>' for text in letter.foot]
    if letter.url:
        body.append(f'<p><a class="go" href="{_e(letter.url)}">Open in Issue Bridge</a></p>')
    ways = (("Choose what you are told of", letter.settings), ("Get no more of these", letter.unsubscribe))
    told = [f'<a href="{_e(url)}">{words}</a>' for words, url in ways if url]
    if told:
        body.append(f'<p class="foot">{" · ".join(told)}</p>')
    return _PAGE.format(title=_e(letter.subject), style=_STYLE, body="\n".join(body))


def _item(line: Line) -> str:
    title = f'<a href="{_e(line.url)}">{_e(line.title)}</a>' if line.url else _e(line.title)
    label = f'<span class="label">{_e(line.label)}</span> ' if line.label else ""
    said = "".join(f'<div class="said">{_e(text)}</div>' for text in line.said)
    return f"<li>{label}<b>{title}</b>{said}</li>"


def _e(text: str) -> str:
    return escape(" ".join(text.split()), quote=True)


_STYLE = """\
body{margin:0;padding:16px;background:#f5f6f8;color:#14181d}
body{font:16px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:600px;margin:0 auto;padding:20px;background:#fff;border:1px solid #dde1e6;border-radius:4px}
h1{margin:0 0 12px;font-size:20px;line-height:1.3;overflow-wrap:anywhere}
h2{margin:24px 0 8px;font-size:16px}
p{margin:0 0 12px}
ul{margin:0;padding:0;list-style:none}
li{padding:10px 0;border-top:1px solid #dde1e6;overflow-wrap:anywhere}
a{color:#0a5aa6}
.said,.label,.foot{color:#454e58}
.said,.foot{font-size:14px}
.label{font-variant-numeric:tabular-nums}
.foot{margin-top:16px}
.go{display:inline-block;margin-top:12px;padding:8px 14px;border-radius:4px}
.go{background:#0a5aa6;color:#fff;text-decoration:none}
@media (prefers-color-scheme:dark){
body{background:#101418;color:#e8ecf0}
main{background:#171c22;border-color:#2c343d}
li{border-color:#2c343d}
a{color:#7ab8f5}
.said,.label,.foot{color:#b9c2cb}
.go{background:#7ab8f5;color:#0c1620}
}"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""
