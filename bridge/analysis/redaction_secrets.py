"""Secrets: private keys, tokens of known make, credentials in addresses and headers, and what a text itself calls a password.

Rule: where nothing but the word beside it tells (``password: x``), the value must look like a secret, so that
"password: reset" and "the token is expired" stay readable. Functions take folded text and yield (start, end) in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,20000}+(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:?#\0]{0,100}:[^\s/\0]{1,200}(?=@)")
_QUERY = re.compile(
    r"[?&;#](?:(?:access_|auth_|id_|refresh_|session_|reset_|csrf_|api_?)?token|sig|signature|api[_-]?key|secret|client_secret|password"
    r"|passwd|pwd|auth|jwt|session|sid|otp|x-amz-(?:signature|credential|security-token)|x-goog-signature|ticket"
    r"|(?:key|code)(?==[^\s&#]{16}))=([^\s&#\"'<>\0]{3,4000})",
    re.I,
)
_MADE = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_\w{20,255}|gl(?:pat|dt|rt|cbt)-[\w\-]{16,255}"
    r"|xox[abeoprs]-[\w\-]{8,255}|xapp-[\w\-]{8,255}|hooks\.slack\.com/services/[\w/]{10,100}"
    r"|(?:sk|pk|rk)_(?:live|test)_\w{8,255}|(?:sk|pk)_(?=\w{0,60}\d)\w{16,255}|whsec_[\w+/=]{8,255}|brg_[\w\-]{6,255}"
    r"|sk-(?=[\w\-]{0,60}\d)[\w\-]{20,255}|AIza[\w\-]{30,45}|ya29\.[\w\-]{20,2000}|SG\.[\w\-]{16,64}\.[\w\-]{16,64}"
    r"|npm_[A-Za-z0-9]{30,80}|pypi-[\w\-]{30,300}|hf_[A-Za-z0-9]{20,80}|shp(?:at|ca|pa|ss)_[0-9a-f]{20,80}"
    r"|do[opr]_v1_[0-9a-f]{20,80}|lin_(?:api|oauth)_\w{20,80}|ATATT3x[\w\-=]{20,300}|\d{8,10}:AA[\w\-]{30,40}"
    r"|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"
    r"|eyJ[\w\-]{5,8000}+\.[\w\-]{5,8000}+(?:\.[\w\-]{0,8000}+){0,3}"
    r")"
)
_HEADER = re.compile(
    r"\b(?:(?:proxy-)?authorization[\"']?[ \t]{0,3}[:=][ \t\"']{0,4}(?:[a-z][a-z\-]{2,15}[ \t]{1,3})?|x-(?:api-key|auth-token)[\"']?[ \t]{0,3}:[ \t\"']{0,4}"
    r"|(?:set-)?cookie[ \t]{0,3}:[ \t]{0,3}[\w\-.]{1,60}=|bearer[ \t]{1,3}(?=[\w\-.~+/=]{0,60}\d))([^\s\"'<>,;\0]{8,8000}+)",
    re.I,
)

_PASSWORD = r"pass(?:word|wort|wd|phrase|code)|kennwort|pwd|pw|contrase(?:ñ|n)a|clave|wachtwoord|mot[ _]de[ _]passe|mdp|senha|credentials|zugangsdaten|login-?code"
_TOKEN = (
    r"(?:api|access|secret|private|signing|encryption|license|licence|product|activation|master|shared|account|storage|subscription)[ _\-]?key"
    r"|secret|token|client[ _\-]?secret|connection[ _\-]?string|api[ _\-]?schl(?:ü|ue)ssel|lizenzschl(?:ü|ue)ssel|session[ _\-]?id|sessionid|otp|tan"
    r"|cl(?:é|e)[ _\-]?(?:d'api|api)|clave[ _\-]?(?:de[ _\-])?api|api[ _\-]?sleutel|pin(?:[ _\-]?(?:code|number))?|(?:2fa|mfa|verification|security|backup|recovery)[ _\-]?code"
)
_NAMED = re.compile(
    rf"(?:(?P<password>(?<![a-z])(?:pw|pwd|mdp|clave)(?![a-z])|(?:{_PASSWORD}))|(?P<token>(?<![a-z])(?:otp|tan|pin)(?![a-z])|(?:{_TOKEN})))"
    r"(?P<link>[\"'\])*]{0,3}(?:[ \t]{0,3}(?:[:=>]|:=|=>)[ \t]{0,3}|[ \t]{1,3}(?:is|was|ist|war|lautet|est|es|era)[ \t:=]{1,4}|[ \t]{1,3}))"
    r"(?:(?P<quote>[\"'`“”‘’„«])(?P<quoted>[^\"'`“”‘’«»\n\0]{3,200})[\"'`“”‘’»]|(?P<bare>[^\s\"'`<>,;\0]{3,8000}+))",
    re.I,
)
_HARMLESS = re.compile(
    r"[*•x.…_\-#?]+|true|false|null|none|nil|undefined|required|optional|empty|\[\w+\]|\$\{?\w+\}?|%\w+%?",
    re.I,
)
_LAST_ON_LINE = re.compile(r"[ \t]*(?:[,;.]|\r?$|(?:and|und|et|y|en)\b)", re.M)
_LONG, _SURE = 12, 16


def secrets(text: str) -> Iterator[tuple[int, int]]:
    if "PRIVATE KEY" in text:
        for match in _PEM.finditer(text):
            yield match.span()
    if "://" in text:
        for match in _USERINFO.finditer(text):
            yield match.span()
    if "=" in text:
        for match in _QUERY.finditer(text):
            yield match.span(1)
    for match in _MADE.finditer(text):
        yield match.span()
    for match in _HEADER.finditer(text):
        yield match.span(1)
    yield from _named(text)


def _named(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    while match := _NAMED.search(text, place):
        group = "quoted" if match["quoted"] else "bare"
        start, end = match.span(group)
        if group == "bare":
            end = start + len(match["bare"].rstrip(".!?)]}:"))
        if end - start >= 3 and _secret(match, text[start:end], text, end):  # noqa: PLR2004 - shorter is no secret
            yield start, end
            place = max(end, match.start() + 1)
        else:
            place = match.end("link")


def _secret(match: re.Match[str], value: str, text: str, end: int) -> bool:
    if _HARMLESS.fullmatch(value):
        return False
    sign = match["link"].strip(" \t\"'])*")
    mixed = any(map(str.isdigit, value)) or any(
        not char.isalnum() and char not in "-'/_().:" for char in value
    )
    if sign in ("", "is", "was", "ist", "war", "lautet", "est", "es", "era"):
        letters = any(map(str.isalpha, value))
        if not sign:
            return len(value) >= _LONG and any(map(str.isdigit, value)) and letters
        return mixed or match["quote"] is not None
    if match["password"]:
        return (
            mixed
            or match["quote"] is not None
            or sign.startswith("=")
            or bool(_LAST_ON_LINE.match(text, end))
        )
    if value.isdigit():
        return (
            len(value) >= _SURE
            or bool(re.match(r"otp|tan|pin|.*code", match["token"], re.I))
            or "key" in match["token"].lower()
        )
    return mixed or len(value) >= _SURE
