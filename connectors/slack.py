"""Slack, by a bot or by an incoming webhook. Rule: nothing that we quote can call anybody or pose as a link.

A bot's message carries its key as metadata and can be looked for, and it can go to a person, found by the mail address.
A webhook can do neither: a message whose fate is unknown then waits for somebody who looks.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from connectors._guard import Resolve, resolve
from connectors._http import Http, segment
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
    """``token`` is a bot's (xoxb-...). ``conversation``: id of the channel for what is for no single person."""

    base_url: str = "https://slack.com/api"
    token: SecretStr = Field(min_length=1)
    conversation: str = Field(default="", pattern=r"^[A-Z0-9]*$")


class Slack:
    """One Slack workspace, by a bot."""

    Options = SlackOptions
    channel: ClassVar[Channel] = "slack"
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("eventual_lookup", HOLD_S)
    reaches_people: ClassVar[bool] = True

    def __init__(self, options: SlackOptions, *, name: str, resolver: Resolve = resolve) -> None:
        self.name = name
        self._options = options
        self._http = Http(options, name=name, auth=self._auth, resolver=resolver)

    def check(self) -> str:
        found = self._read("auth.test", {})
        return f"{self.name}: {found.get('user', 'a bot')} in {found.get('team', 'Slack')}"

    def send(self, notice: Notice, *, key: str) -> Ref:
        told = {"event_type": EVENT, "event_payload": {"key": key}}
        where = self._conversation(notice)
        said = self._write(
            "chat.postMessage",
            {**_message(notice), "channel": where, "parse": "none", "link_names": False, "metadata": told},
        )
        return Ref(f"{where}/{said.get('ts', '')}")

    def find_notice(self, notice: Notice, *, key: str) -> Ref | None:
        """Among the messages of the conversation since the notice was written."""
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
        return {"Authorization": f"Bearer {self._options.token.get_secret_value()}"}


class SlackWebhookOptions(HttpOptions, frozen=True):
    """``webhook`` is the address of an incoming webhook, or what follows /services/ in it. It is a secret."""

    base_url: str = "https://hooks.slack.com"
    webhook: SecretStr = Field(min_length=1)


class SlackWebhook:
    """One channel of Slack, by an incoming webhook."""

    Options = SlackWebhookOptions
    channel: ClassVar[Channel] = "slack"
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("none")
    reaches_people: ClassVar[bool] = False

    def __init__(self, options: SlackWebhookOptions, *, name: str, resolver: Resolve = resolve) -> None:
        self.name = name
        self._options = options
        self._http = Http(options, name=name, auth=dict, resolver=resolver)

    def check(self) -> str:
        return f"{self.name}: an incoming webhook; nothing but a message would test it"

    def send(self, notice: Notice, *, key: str) -> Ref:
        """Slack knows nothing of ``key``: whoever sends again after a lost answer may write twice."""
        secret = self._options.webhook.get_secret_value().rpartition("/services/")[2].strip("/")
        path = "services/" + "/".join(map(segment, secret.split("/")))
        try:
            if self._http.write("POST", path, json=_message(notice), done=_TAKEN).body.strip() != _TAKEN:
                raise InDoubt(f"{self.name}: Slack did not answer {_TAKEN.decode()!r}: look into the channel")
        except ConnectorError as error:
            error.args = tuple(mask_values(str(arg), [path, secret]) for arg in error.args)
            raise
        return Ref(key)


def _message(notice: Notice) -> dict[str, Any]:
    return {"text": text_of(notice), "unfurl_links": False, "unfurl_media": False}


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
