"""How vendors sign their webhooks. The rule: over the raw bytes, in constant time, with every secret that counts now.

Each function says whether one of ``secrets`` signed; while a secret is being changed there are two of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

TOLERANCE_S = 300
_WHSEC = "whsec_"


def standard_webhooks(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], at: datetime) -> bool:
    """Standard Webhooks (and GitLab's signing token): id, time and body under HMAC-SHA256, base64."""
    sent_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = [part.removeprefix("v1,") for part in headers.get("webhook-signature", "").split() if part[:3] == "v1,"]
    made = [sign_standard(sent_id, stamp, body, secret) for secret in secrets]
    return any_equal(given, made) and bool(sent_id) and is_recent(stamp, at)


def sign_standard(sent_id: str, stamp: str, body: bytes, secret: str) -> str:
    """The signature of Standard Webhooks, without its version: for what we send ourselves, too."""
    signed = b".".join((sent_id.encode(), stamp.encode(), body))
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def hub_sha256(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """GitHub's ``X-Hub-Signature-256: sha256=<hex>``, Forgejo's and Gitea's, too. No time is signed."""
    made = ["sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return any_equal([headers.get("x-hub-signature-256", "")], made)


def plain_token(headers: Mapping[str, str], header: str, secrets: Sequence[str]) -> bool:
    """A secret sent as it is, as GitLab's ``X-Gitlab-Token``."""
    return any_equal([headers.get(header, "")], secrets)


def any_equal(given: Sequence[str], known: Sequence[str]) -> bool:
    """Whether any of ``given`` is any of ``known``. Every pair is compared whole, whatever the others gave."""
    found = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in known]
    return any(found)


def is_recent(stamp: str, at: datetime) -> bool:
    """Seconds since 1970, at most five minutes off."""
    return stamp.isascii() and stamp.isdecimal() and abs(at.timestamp() - int(stamp)) <= TOLERANCE_S


def _key(secret: str) -> bytes:
    """Standard Webhooks hand their secrets out as ``whsec_`` + base64; another secret is its own bytes."""
    if not secret.startswith(_WHSEC):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except binascii.Error:
        return secret.encode()
