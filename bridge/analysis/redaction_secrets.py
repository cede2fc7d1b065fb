"""Secrets: private keys, tokens of known make, credentials in addresses and headers, what a text calls a password.

Rule: where nothing but the word beside it tells (``password: x``), the value must look like a secret, so that
"password: reset" and "the token is expired" stay readable. ``secrets`` takes folded text and yields (start, end) in
linear time; words are sought in lower case by patterns that begin with letters, which ``re`` finds fastest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.analysis.characters import lower

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]"
    r"|-(?!----)){0,20000}+(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:?#\0]{0,100}:[^\s/\0]{1,200}(?=@)")
_QUERY = re.compile(
    r"[?&;#](?:(?:access_|auth_|id_|refresh_|session_|reset_|csrf_|api_?)?token|sig|signature|api[_-]?key|secret"
    r"|client_secret|password"
    r"|passwd|pwd|auth|jwt|session|sid|otp|x-amz-(?:signature|credential|security-token)|x-goog-signature|ticket"
    r"|(?:key|code)(?==[^\s&#]{16}))=([^\s&#\"'<>\0]{3,4000})",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_\w{20,255}|gl(?:pat|dt|rt|cbt)-[\w\-]{16,255}"
    r"|xox[abeoprs]-[\w\-]{8,255}|xapp-[\w\-]{8,255}|hooks\.slack\.com/services/[\w/]{10,100}"
    r"|[a-z]{2,12}_(?:live|test|prod)_(?=\w{0,60}\d)\w{16,255}|(?:sk|pk|rk)_(?:live|test)_\w{8,255}|(?:sk|pk)_(?=\w{0,60}\d)\w{16,255}|whsec_[\w+/=]{8,255}|brg_[\w\-]{6,255}"
    r"|sk-(?=[\w\-]{0,60}\d)[\w\-]{20,255}|AIza[\w\-]{30,45}|ya29\.[\w\-]{20,2000}|SG\.[\w\-]{16,64}\.[\w\-]{16,64}"
    r"|npm_[A-Za-z0-9]{30,80}|pypi-[\w\-]{30,300}|hf_[A-Za-z0-9]{20,80}|shp(?:at|ca|pa|ss)_[0-9a-f]{20,80}"
    r"|do[opr]_v1_[0-9a-f]{20,80}|lin_(?:api|oauth)_\w{20,80}|ATATT3x[\w\-=]{20,300}|\d{8,10}:AA[\w\-]{30,40}"
    r"|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"
    r"|(?<![\-_])eyJ[\w\-]{5,8000}+\.[\w\-]{5,8000}+(?:\.[\w\-]{0,8000}+){0,3}"
    r")"
)
_HEADER = re.compile(
    r"(?:authorization[\"']?[ \t]{0,3}[:=][ \t\"']{0,4}(?:[a-z][a-z\-]{2,15}[ \t]{1,3})?"
    r"|x-(?:api-key|auth-token)[\"']?[ \t]{0,3}:[ \t\"']{0,4}"
    r"|cookie[ \t]{0,3}:[ \t]{0,3}[\w\-.]{1,60}="
    r"|bearer[ \t]{1,3}(?=[\w\-.~+/=]{0,60}\d))([^\s\"'<>,;\0]{8,8000}+)"
)

_PASS_WORD = re.compile(
    r"password|passwort|passwd|passphrase|passcode|kennwort|pwd|pw|contraseña|contrasena|clave|wachtwoord|mot de passe"
    r"|mot_de_passe|mdp|senha|credentials|zugangsdaten|login-?code"
)
_KEY_WORD = re.compile(
    r"api[ _\-]?(?:key|schl(?:ü|ue)ssel|sleutel)|access[ _\-]?key|secret[ _\-]?key|private[ _\-]?key|signing[ _\-]?key"
    r"|encryption[ _\-]?key|licen[sc]e[ _\-]?key|product[ _\-]?key|activation[ _\-]?key|master[ _\-]?key"
    r"|shared[ _\-]?key"
    r"|account[ _\-]?key|storage[ _\-]?key|subscription[ _\-]?key|secret|token|connection[ _\-]?string|otp|tan"
    r"|pin(?:[ _\-]?(?:code|number))?"
    r"|lizenzschl(?:ü|ue)ssel|session[ _\-]?id|clé[ _\-]?(?:d'api|api)|cle[ _\-]?(?:d'api|api)"
    r"|clave[ _\-]?(?:de[ _\-])?api"
    r"|2fa[ _\-]?code|mfa[ _\-]?code|verification[ _\-]?code|security[ _\-]?code|backup[ _\-]?code|recovery[ _\-]?code"
)
_SHORT_WORDS = frozenset({"pw", "pwd", "mdp", "clave", "otp", "tan", "pin"})
_CODE_WORD = re.compile(r"otp|tan|pin|.*code|.*key")
_VALUE = re.compile(
    r"[\"'\])*]{0,3}(?:[ \t]{0,3}(?P<sign>:=|=>|[:=>])[ \t]{0,3}(?:\n[ \t]{0,3})?|[ \t]{1,3}(?P<verb>is|was|ist|war"
    r"|lautet|est|es"
    r"|era)[ \t:=]{1,4}|[ \t]{1,3})"
    r"(?:[\"'`“”‘’„«](?P<quoted>[^\"'`“”‘’«»\n\0]{3,200})[\"'`“”‘’»]|(?P<bare>[^\s\"'`<>,;\0]{3,8000}+))",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"[*•x.…_\-#?]+|true|false|null|none|nil|undefined|required|optional|empty|\[\w+\]|\$\{?\w+\}?|%\w+%?",
    re.IGNORECASE,
)
_LAST_ON_LINE = re.compile(r"[ \t]*(?:[,;.<]|\r?$|(?:and|und|et|y|en)\b)", re.MULTILINE)
_IN_QUERY = re.compile(r"[?&;#][\w\-]*$")
_MADE_HINT = re.compile(
    r"_(?:live|test|prod)_|A[KSIRGN][A-Z]{2}|gh[pousr]_|github_|gl[prdc]|xox|xapp|hooks\.slack|[spr]k[_-]|whsec|brg_|AIza|ya29|SG\.|npm_"
    r"|pypi-|hf_|shp"
    r"|do[opr]_|lin_|ATATT|:AA|key-|AC[0-9a-f]|SK[0-9a-f]|eyJ"
)
_LONG, _SURE = 12, 16


def secrets(text: str) -> Iterator[tuple[int, int]]:
    low = lower(text)
    if "PRIVATE KEY" in text:
        yield from (match.span() for match in _PEM.finditer(text))
    if "://" in text:
        yield from (match.span() for match in _USERINFO.finditer(text))
    if "=" in text:
        yield from (match.span(1) for match in _QUERY.finditer(text))
    if _MADE_HINT.search(text):
        yield from (match.span() for match in _MADE.finditer(text))
    yield from (match.span(1) for match in _HEADER.finditer(low))
    yield from _named(text, low, _PASS_WORD)
    yield from _named(text, low, _KEY_WORD)


def _named(text: str, low: str, words: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    place = 0
    while word := words.search(low, place):
        place = word.end()
        within = word.group() in _SHORT_WORDS and word.start() and low[word.start() - 1].isalpha()
        value = None if within else _VALUE.match(text, word.end())
        if value is None:
            continue
        start, end = _extent(text, word.start(), value)
        if end - start >= 3 and _secret(word, value, text[start:end], text, end):  # noqa: PLR2004 - shorter is no secret
            yield start, end
            place = end


def _extent(text: str, word: int, value: re.Match[str]) -> tuple[int, int]:
    if value["quoted"]:
        return value.span("quoted")
    bare = value["bare"]
    if _IN_QUERY.search(text[max(0, word - 30) : word]):
        bare = bare.partition("&")[0]
    start = value.start("bare")
    return start, start + len(bare.rstrip(".!?)]}:"))


def _secret(word: re.Match[str], value: re.Match[str], secret: str, text: str, end: int) -> bool:
    """Whether ``secret`` looks like one, given how strongly word and sign announce it."""
    if _HARMLESS.fullmatch(secret):
        return False
    digit = any(map(str.isdigit, secret))
    quoted = value["quoted"] is not None
    mixed = digit or any(not char.isalnum() and char not in "-'/_().:" for char in secret)
    if not value["sign"]:
        if value["verb"]:
            return mixed or quoted
        return len(secret) >= _LONG and digit and any(map(str.isalpha, secret))
    if word.re is _PASS_WORD:
        return mixed or quoted or "=" in value["sign"] or _LAST_ON_LINE.match(text, end) is not None
    if secret.isdigit():
        return len(secret) >= _SURE or _CODE_WORD.match(word.group()) is not None
    return mixed or "=" in value["sign"] or len(secret) >= _SURE
