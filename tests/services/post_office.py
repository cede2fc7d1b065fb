"""A real SMTP server in this process (aiosmtpd) that keeps what it takes, and can refuse, hang up or fall silent."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


class _Controller(Controller):
    """On a free port: known only once the server stands."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Post:
    """A mail server; ``answers`` are given in place of its own, by the command."""

    def __init__(self, **server: Any) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.answers: dict[str, str] = {}
        self.after_data = ""
        self.controller = _Controller(self, hostname="127.0.0.1", port=0, ready_timeout=20, **server)

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if told := self.answers.get("MAIL"):
            return told
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if told := self.answers.get("RCPT"):
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if told := self.answers.get("DATA"):
            return told
        self.taken.append((list(envelope.rcpt_tos), envelope.original_content))
        if self.after_data == "hang up":
            server.transport.abort()
        if self.after_data == "say nothing":
            await asyncio.sleep(30)
        return "250 OK"

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    @property
    def port(self) -> int:
        return int(self.controller.server.sockets[0].getsockname()[1])  # type: ignore[union-attr]
