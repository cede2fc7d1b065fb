"""A signed webhook to a program of your own. Rule: id, time and body are signed as Standard Webhooks say, and the id is
the message's key, the same at every try: a receiver that remembers it takes each message once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from pydantic import Field, SecretStr

from connectors._guard import Resolve, resolve
from connectors._http import Http
from connectors._options import HttpOptions
from connectors._signatures import sign_standard
from connectors.base import CreateGuarantee, Ref
from connectors.notices import Channel, Notice


class WebhookOptions(HttpOptions, frozen=True):
    """``base_url`` is the whole address that takes the messages; ``secret`` as the receiver has it."""

    secret: SecretStr = Field(min_length=16)


class Webhook:
    """One address that takes messages as JSON."""

    Options = WebhookOptions
    channel: ClassVar[Channel] = "webhook"
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")

    def __init__(
        self,
        options: WebhookOptions,
        *,
        name: str,
        resolver: Resolve = resolve,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._options = options
        self._wall = wall
        self._http = Http(options, name=name, auth=dict, resolver=resolver)

    def check(self) -> str:
        """A signed message of type "ping"; it is the only way to learn whether the receiver takes our signature."""
        self._post({"type": "ping"}, f"ping-{int(self._wall())}")
        return f"{self.name}: {self._options.base_url} takes our messages"

    def send(self, notice: Notice, *, key: str) -> Ref:
        body = {
            "type": "notice",
            "id": key,
            "at": notice.at.isoformat(),
            "subject": notice.subject,
            "text": notice.text,
            "url": notice.url,
            "data": dict(notice.data),
        }
        self._post(body, key)
        return Ref(key)

    def _post(self, body: Mapping[str, object], key: str) -> None:
        raw, stamp = json.dumps(body, sort_keys=True).encode(), str(int(self._wall()))
        signature = sign_standard(key, stamp, raw, self._options.secret.get_secret_value())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
            "Idempotency-Key": key,
        }
        self._http.write("POST", self._options.base_url, data=raw, headers=headers)
