"""Slack, by a bot's token or by an incoming webhook. Rule: nothing that we quote can call anybody or pose as a link.

With a token a message carries its key as metadata and can be looked for; it can go to a person, found by the mail
address. A webhook can do neither: a message whose fate is unknown then waits for a person.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from connectors._guard import Resolve, resolve
from connectors._http import Http
from connectors._mask import mask_values
from connectors._options import HttpOptions
from connectors.base import (
    AuthFailed,
    ConnectorError,
    CreateGuarantee,
    InDoubt,
    NotFound,
    Permanent,
    RateLimited,
    Ref,
    Transient,
)
from connectors.notices import Channel, Notice

EVENT = "issue_bridge_notice"
HOLD_S = 30.0
"""How long after a send a look into the history is not believed. Slack states no delay; this is our caution."""
LOOKED_AT = 200
LONGEST = 3_500
BUSY_WAIT_S = 30.0
_TAKEN = b"ok"
"""What an incoming webhook answers; Slack calls it HTML."""
_CALLS = re.compile(r"@(?=channel\b|here\b|everyone\b)", re.IGNORECASE)
_AUTH = {
    *("not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
    *("no_permission", "not_allowed_token_type", "org_login_required", "ekm_access_denied", "access_denied"),
}
_GONE = {"channel_not_found", "is_archived", "users_not_found", "user_not_found"}
_UNSURE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class SlackOptions(HttpOptions, frozen=True):
    """Either ``token`` (a bot's, xoxb-...) or ``webhook_url`` (an incoming webhook; it is a secret).

    ``conversation`` is the id of the channel that gets what is for no single person; a webhook has its own.
    """

    base_url: str = "https://slack.com/api"
    token: SecretStr = SecretStr("")
    webhook_url: SecretStr = SecretStr("")
    conversation: str = Field(default="", pattern=r"^[A-Z0-9]*$")

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        by_token, hook = self.token.get_secret_value(), self.webhook_url.get_secret_value()
        if bool(by_token) == bool(hook):
            raise ValueError("set token or webhook_url, one of them")
        if hook and not hook.startswith("http://" if self.allow_http else "https://"):
            raise ValueError("webhook_url must begin with https://")
        return self


class Slack:
    """One Slack workspace, or one channel of it."""

    Options = SlackOptions
    channel: ClassVar[Channel] = "slack"
    create_guarantee: CreateGuarantee = CreateGuarantee("none")

    def __init__(self, options: SlackOptions, *, name: str, resolver: Resolve = resolve) -> None:
        self.name = name
        self._options = options
        if self._hook:
            parts = urlsplit(self._hook)
            options = options.model_copy(update={"base_url": f"{parts.scheme}://{parts.netloc}"})
        else:
            self.create_guarantee = CreateGuarantee("eventual_lookup", HOLD_S)
        self._http = Http(options, name=name, auth=self._auth, resolver=resolver)

    @property
    def _hook(self) -> str:
        return self._options.webhook_url.get_secret_value()

    @property
    def reaches_people(self) -> bool:
        """Whether a message can go to one person; a webhook has its one channel."""
        return not self._hook

    def check(self) -> str:
        if self._hook:
            return f"{self.name}: an incoming webhook; nothing but a message would test it"
        found = self._read("auth.test", {})
        return f"{self.name}: {found.get('user', 'a bot')} in {found.get('team', 'Slack')}"

    def send(self, notice: Notice, *, key: str) -> Ref:
        message: dict[str, Any] = {"text": text_of(notice), "unfurl_links": False, "unfurl_media": False}
        if self._hook:
            return self._through_the_hook(message)
        told = {"event_type": EVENT, "event_payload": {"key": key}}
        where = self._conversation(notice)
        said = self._write(
            "chat.postMessage", {**message, "channel": where, "parse": "none", "link_names": False, "metadata": told}
        )
        return Ref(f"{where}/{said.get('ts', '')}")

    def find_notice(self, notice: Notice, *, key: str) -> Ref | None:
        """Among the newest messages of the conversation since the notice was written."""
        if self._hook:
            raise Permanent(f"{self.name}: an incoming webhook cannot be searched")
        where = self._conversation(notice)
        asked = {"channel": where, "oldest": str(int(notice.at.timestamp())), "limit": LOOKED_AT}
        cursor = ""
        while True:
            page = self._read("conversations.history", {**asked, "include_all_metadata": True, "cursor": cursor})
            for message in page.get("messages", []):
                told = message.get("metadata") or {}
                if told.get("event_type") == EVENT and (told.get("event_payload") or {}).get("key") == key:
                    return Ref(f"{where}/{message.get('ts', '')}")
            following = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not following or following == cursor:
                return None
            cursor = following

    def _conversation(self, notice: Notice) -> str:
        if notice.to is None:
            if not self._options.conversation:
                raise Permanent(f"{self.name}: no channel: set conversation to the channel's id")
            return self._options.conversation
        who = self._read("users.lookupByEmail", {"email": notice.to})
        users = {"users": str(who.get("user", {}).get("id", ""))}
        opened = self._judged("conversations.open", self._http.query_json("conversations.open", users), write=False)
        return str(opened.get("channel", {}).get("id", ""))

    def _through_the_hook(self, message: dict[str, Any]) -> Ref:
        try:
            if self._http.write("POST", self._hook, json=message, done=_TAKEN).body.strip() != _TAKEN:
                raise InDoubt(f"{self.name}: Slack did not answer {_TAKEN.decode()!r}: look into the channel")
        except ConnectorError as error:
            path = urlsplit(self._hook).path
            error.args = tuple(mask_values(str(arg), [self._hook, path, path.lstrip("/")]) for arg in error.args)
            raise
        return Ref("")

    def _read(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        fields = {name: str(value) for name, value in asked.items() if value != ""}
        return self._judged(method, self._http.get_json(method, fields), write=False)

    def _write(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        return self._judged(method, self._http.write_json("POST", method, asked), write=True)

    def _judged(self, method: str, said: Any, *, write: bool) -> dict[str, Any]:
        """Slack answers 200 to almost everything: ``ok`` and ``error`` tell."""
        if not isinstance(said, dict):
            raise (InDoubt if write else Transient)(f"{self.name}: {method}: the answer is no object")
        if said.get("ok"):
            return said
        word = str(said.get("error", "unknown_error"))[:80]
        told = f"{self.name}: {method}: {word}"
        if word in _AUTH:
            needed = f"; it needs the scope {said['needed']}" if said.get("needed") else ""
            raise AuthFailed(f"{told}. Check the bot's token and its scopes{needed}")
        if word in ("ratelimited", "rate_limited"):
            raise RateLimited(told, BUSY_WAIT_S)
        if word in _GONE:
            raise NotFound(f"{told}. Invite the bot to the channel, or correct the person's mail address")
        if word in _UNSURE:
            raise (InDoubt if write else Transient)(told)
        raise Permanent(told)

    def _auth(self) -> dict[str, str]:
        token = self._options.token.get_secret_value()
        return {"Authorization": f"Bearer {token}"} if token else {}


def text_of(notice: Notice) -> str:
    """The notice in Slack's markup; of ours are only the bold first line and the link at the end."""
    parts = [f"*{escaped(notice.subject).replace('*', '')}*", escaped(notice.text)]
    if notice.url:
        address = notice.url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
        parts.append(f"<{address}|Open in Issue Bridge>")
    return "\n".join(parts)


def escaped(text: str) -> str:
    """``& < >`` as Slack asks, which takes every ``<!channel>``, ``<@U1>`` and ``<url|text>`` its meaning; a bare
    ``@channel`` gets a sign of no width inside. Cut at 3,500 characters.
    """
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALLS.sub("@\N{ZERO WIDTH SPACE}", text)
