"""A mail server that keeps what it is given, in a thread of the test process: proof of who got mail.

Rule: it speaks just enough SMTP for a mail transport that is not told to encrypt or to log in.
"""

from __future__ import annotations

import socketserver
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Mail:
    recipients: tuple[str, ...]
    text: str


class SmtpSink:
    """A ``with`` block; ``mails`` are in order of arrival."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self._server = _Server(self.mails)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def to(self, address: str) -> list[Mail]:
        """What this address was sent."""
        return [mail for mail in self.mails if address in mail.recipients]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mails: list[Mail]) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails = mails


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 sink")
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb, argument = line[:4].upper(), line.decode("utf-8", "replace").strip()
            if verb == b"QUIT":
                self._say("221 bye")
                return
            if verb == b"MAIL":
                recipients = []
            elif verb == b"RCPT":
                recipients.append(argument.partition(":")[2].split()[0].strip("<>").lower())
            elif verb == b"DATA":
                self._say("354 go on")
                self.server.mails.append(Mail(tuple(recipients), self._text()))
            self._say("250 ok")

    def _text(self) -> str:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b".\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines).decode("utf-8", "replace")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
