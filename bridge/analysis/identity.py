"""What is kept of a person who wrote: a pseudonym under the workspace key, and the domain of the address.

Rule: two spellings of one address give one pseudonym, and nothing here gives the address back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from bridge.analysis.characters import visible

_IN_BRACKETS = re.compile(r"<([^<>]*)>[^<>]*$")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9\-]{2,59})")

FREE_MAIL = frozenset({
    *("gmail.com", "googlemail.com", "outlook.com", "outlook.de", "outlook.fr", "outlook.es", "hotmail.com"),
    *("hotmail.de", "hotmail.fr", "hotmail.es", "hotmail.it", "hotmail.nl", "hotmail.co.uk", "live.com", "live.de"),
    *("live.fr", "live.nl", "live.co.uk", "msn.com", "yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it"),
    *("yahoo.co.uk", "yahoo.co.in", "yahoo.co.jp", "yahoo.com.br", "ymail.com", "rocketmail.com", "aol.com"),
    *("aol.de", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    *("tutanota.com", "tuta.io", "tuta.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de"),
    *("freenet.de", "t-online.de", "arcor.de", "mail.de", "posteo.de", "mailbox.org", "magenta.de", "vodafone.de"),
    *("1und1.de", "email.de", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "neuf.fr", "bbox.fr"),
    *("numericable.fr", "telefonica.net", "terra.es", "ya.com", "libero.it", "virgilio.it", "tiscali.it"),
    *("alice.it", "tin.it", "fastwebnet.it", "ziggo.nl", "kpnmail.nl", "kpnplanet.nl", "xs4all.nl", "hetnet.nl"),
    *("planet.nl", "home.nl", "upcmail.nl", "telenet.be", "skynet.be", "proximus.be", "bluewin.ch", "sunrise.ch"),
    *("hispeed.ch", "aon.at", "chello.at", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net"),
    *("ntlworld.com", "blueyonder.co.uk", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net"),
    *("cox.net", "charter.net", "earthlink.net", "juno.com", "optonline.net", "rogers.com", "shaw.ca"),
    *("sympatico.ca", "bigpond.com", "optusnet.com.au", "mail.com", "email.com", "usa.com", "fastmail.com"),
    *("fastmail.fm", "hey.com", "hushmail.com", "zoho.com", "zohomail.com", "mail.ru", "bk.ru", "inbox.ru"),
    *("list.ru", "yandex.ru", "yandex.com", "ya.ru", "rambler.ru", "ukr.net", "wp.pl", "o2.pl", "onet.pl"),
    *("interia.pl", "seznam.cz", "centrum.cz", "email.cz", "abv.bg", "freemail.hu", "citromail.hu", "inbox.lv"),
    *("mail.ee", "sapo.pt", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "rediffmail.com", "qq.com"),
    *("163.com", "126.com", "sina.com", "sohu.com", "yeah.net", "foxmail.com", "naver.com", "daum.net"),
    *("hanmail.net", "nate.com", "docomo.ne.jp", "ezweb.ne.jp"),
})  # fmt: skip


def pseudonym(address: str, secret: bytes) -> str:
    """HMAC-SHA256 (hex) of the address, or desk id, without display name, ``mailto:``, case and invisible characters.

    Raises ValueError for an empty address or secret: all nameless requesters would become one person.
    """
    plain = _normalised(address)
    if not plain:
        raise ValueError("an empty address has no pseudonym: hand in None further up")
    if not secret:
        raise ValueError("the pseudonym secret is empty: create the workspace key first")
    return hmac.new(secret, plain.encode(), hashlib.sha256).hexdigest()


def domain_of(address: str) -> str | None:
    """The lower-case ASCII (IDNA) domain; None where there is none that could be registered."""
    local, at, domain = _normalised(address).rpartition("@")
    if not at or not local:
        return None
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return ascii_domain if _DOMAIN.fullmatch(ascii_domain) else None


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address there, so that the domain says nothing about an account."""
    return domain.strip().rstrip(".").lower() in FREE_MAIL


def _normalised(address: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(address)).strip()
    bracketed = _IN_BRACKETS.search(plain)
    plain = (bracketed.group(1) if bracketed and "@" in bracketed.group(1) else plain).strip().casefold()
    if plain.startswith("mailto:"):
        plain = plain.removeprefix("mailto:").partition("?")[0]
    return plain.strip(" \t\r\n<>\"'")
