"""The parts of a message and how they look as plain text or as the HTML of a mail program."""

from __future__ import annotations

import html
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Letter:
    """``paragraphs`` carry the matter; everything else is what surrounds it in real mail."""

    paragraphs: tuple[str, ...]
    greeting: str = ""
    closing: str = ""
    signature: tuple[str, ...] = ()
    disclaimer: str = ""
    quote_head: str = ""
    quote: tuple[str, ...] = ()


def as_text(letter: Letter) -> str:
    blocks = [letter.greeting, *letter.paragraphs]
    sign_off = [letter.closing, *letter.signature]
    blocks.append("\n".join(line for line in sign_off if line))
    blocks.append(letter.disclaimer)
    if letter.quote:
        blocks.append("\n".join([letter.quote_head, *(f"> {line}" for line in letter.quote)]))
    return "\n\n".join(block for block in blocks if block)


def as_html(letter: Letter, rng: Random) -> str:
    return rng.choice((_outlook, _webmail, _plain))(letter)


def _outlook(letter: Letter) -> str:
    lines = [letter.greeting, *letter.paragraphs, letter.closing, *letter.signature, letter.disclaimer]
    body = "".join(f'<p class="MsoNormal">{_inline(line)}<o:p></o:p></p>\n' for line in lines if line)
    style = "<style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri} --></style>"
    quote = ""
    if letter.quote:
        old = "".join(f'<p class="MsoNormal">{_inline(line)}</p>\n' for line in letter.quote)
        border = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        quote = f'{border}<p class="MsoNormal"><b>{_inline(letter.quote_head)}</b></p></div>\n{old}'
    section = f'<div class="WordSection1">\n{body}{quote}</div>'
    return f'<html><head>{style}</head><body lang="EN-GB">{section}</body></html>'


def _webmail(letter: Letter) -> str:
    text = [letter.greeting, *letter.paragraphs, letter.closing]
    body = "<div><br></div>".join(f"<div>{_inline(line)}</div>" for line in text if line)
    signature = "<br>".join(_inline(line) for line in letter.signature)
    if signature:
        body += f'<br>-- <br><div class="gmail_signature" dir="ltr">{signature}</div>'
    if letter.disclaimer:
        body += f'<p style="color:#999;font-size:10px">{_inline(letter.disclaimer)}</p>'
    if letter.quote:
        old = "<br>".join(_inline(line) for line in letter.quote)
        head = f'<div class="gmail_attr">{_inline(letter.quote_head)}</div>'
        body += f'<br><div class="gmail_quote">{head}<blockquote class="gmail_quote">{old}</blockquote></div>'
    return f'<div dir="ltr">{body}</div>'


def _plain(letter: Letter) -> str:
    sign_off = "\n".join(line for line in (letter.closing, *letter.signature) if line)
    blocks = [letter.greeting, *letter.paragraphs, sign_off]
    body = "".join(f"<p>{_inline(block)}</p>" for block in blocks if block)
    if letter.disclaimer:
        body += f"<hr><p><small>{_inline(letter.disclaimer)}</small></p>"
    if letter.quote:
        old = "<br>".join(_inline(line) for line in letter.quote)
        body += f"<p>{_inline(letter.quote_head)}</p><blockquote>{old}</blockquote>"
    return f"<html><body>{body}</body></html>"


def _inline(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>\n")
