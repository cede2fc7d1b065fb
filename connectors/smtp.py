"""Mail over SMTP. Rule: a message is the same bytes at every try, with its key as Message-ID, and no word of it can
become a header or another recipient.

What SMTP cannot promise: a server that took a message and whose answer was lost is asked again. Both messages have one
Message-ID, and a mailbox that goes by it shows one; a mailbox that does not shows both.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from connectors._attempt import Attempt, current
from connectors._guard import Guard, Resolve, resolve
from connectors._mask import mask_values
from connectors.base import (
    AuthFailed,
    ConnectorError,
    CreateGuarantee,
    InDoubt,
    Permanent,
    RateLimited,
    Ref,
    Transient,
)
from connectors.notices import Channel, Notice
from connectors.pressing import seconds_left

PORTS = {"starttls": 587, "tls": 465, "none": 25}
BUSY_WAIT_S = 300.0
LONGEST_SUBJECT = 200
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_POLICY = SMTP.clone(cte_type="7bit")
_OK, _LAST_OK, _PERMANENT, _BUSY = 200, 299, 500, 421
_REFUSED = (530, 534, 535, 538)


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value.strip()):
        raise ValueError("must be one plain mail address such as bridge@example.com")
    return value.strip()


class SmtpOptions(BaseModel, frozen=True, extra="forbid"):
    """``security`` none sends in the clear: for a relay on a trusted network. A ``user`` needs a password, which comes
    by its variable. ``timeout_s`` bounds a whole send.
    """

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int | None = Field(default=None, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")
    sender: str
    sender_name: str = Field(default="Issue Bridge", max_length=100, pattern=r"^[^\r\n\x00-\x1f]*$")
    reply_to: str = ""
    allow_private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    timeout_s: float = Field(default=15.0, gt=0, le=600)
    ca_bundle: Path | None = None

    @field_validator("sender")
    @classmethod
    def _plain(cls, value: str) -> str:
        return _address(value)

    @field_validator("reply_to")
    @classmethod
    def _plain_or_none(cls, value: str) -> str:
        return _address(value) if value else value

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if self.security == "none" and self.user:
            raise ValueError("security is none, so user and password would be sent in the clear: use starttls or tls")
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("user and password belong together: set both or none")
        return self


class Smtp:
    """One mail server that takes our messages."""

    Options = SmtpOptions
    channel: ClassVar[Channel] = "email"
    create_guarantee: ClassVar[CreateGuarantee] = CreateGuarantee("client_id")

    def __init__(self, options: SmtpOptions, *, name: str, resolver: Resolve = resolve) -> None:
        self.name = name
        self._options = options
        self._guard = Guard(options.allow_private_networks, resolver)
        self._port = options.port or PORTS[options.security]

    def check(self) -> str:
        with self._session() as server:
            code, said = server.noop()
        if code // 100 != _OK // 100:
            raise self._error(code, said, "NOOP")
        return f"{self.name}: {self._options.host} takes mail from {self._options.sender}"

    def send(self, notice: Notice, *, key: str) -> Ref:
        """Raises InDoubt where the server may have taken the message."""
        message = self._message(notice, key)
        with self._session() as server:
            self._ask("MAIL", server.mail, self._options.sender)
            self._ask("RCPT", server.rcpt, str(notice.to))
            if seconds_left() < 0:
                raise Transient(f"{self._asked}: not sent: what came before took too long. The server is too slow")
            self._hand_over(server, message)
        return Ref(str(message["Message-ID"]))

    @property
    def _asked(self) -> str:
        return f"{self.name}: SMTP {self._options.host}:{self._port}"

    def _message(self, notice: Notice, key: str) -> EmailMessage:
        if notice.to is None or not _ADDRESS.fullmatch(notice.to):
            raise Permanent(f"{self.name}: the recipient has no plain mail address: correct it (`bridge user list`)")
        if not key or _UNFIT.search(key):
            raise Permanent(f"{self.name}: {key!r} cannot be a Message-ID: expected letters, digits and . _ -")
        own, made = self._options, EmailMessage(_POLICY)
        made["Subject"] = _one_line(notice.subject)
        made["From"] = formataddr((own.sender_name, own.sender))
        made["To"] = notice.to
        if own.reply_to:
            made["Reply-To"] = own.reply_to
        made["Date"] = format_datetime(notice.at)
        made["Message-ID"] = f"<{key}@{own.sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made["X-Auto-Response-Suppress"] = "All"
        if notice.unsubscribe:
            made["List-Unsubscribe"] = f"<{_one_line(notice.unsubscribe, 900)}>"
            if notice.unsubscribe.startswith("https://"):  # RFC 8058, section 3.1
                made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made.set_content(notice.text)
        if notice.html is not None:
            made.add_alternative(notice.html, subtype="html")
            made.set_boundary(f"={hashlib.sha256(key.encode()).hexdigest()[:40]}=")
        return made

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        """From the first byte of the text on, the server may take it."""
        try:
            code, said = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:  # refused before the text was sent
            raise self._error(error.smtp_code, error.smtp_error, "DATA") from None
        except (smtplib.SMTPException, OSError) as error:
            raise InDoubt(
                f"{self._asked}: no answer to the message ({type(error).__name__}): it may have been taken"
            ) from None
        if code // 100 != _OK // 100:
            raise self._error(code, said, "the message")

    def _ask(self, word: str, call: Any, argument: str) -> None:
        code, said = call(argument)
        if not _OK <= code <= _LAST_OK:
            raise self._error(code, said, word)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A connection, greeted, encrypted and logged in as configured. Every failure of it had no effect."""
        with Attempt(self._options.timeout_s) as attempt:
            server: smtplib.SMTP | None = None
            try:
                server = self._connected()
                yield server
            except smtplib.SMTPAuthenticationError as error:
                raise self._error(error.smtp_code, error.smtp_error, "AUTH") from None
            except smtplib.SMTPResponseException as error:
                raise self._error(error.smtp_code, error.smtp_error, "the greeting") from None
            except ssl.SSLError as error:
                hint = "TLS failed. Check the certificate; set ca_bundle for a company's own authority"
                raise Transient(f"{self._asked}: {hint} ({type(error).__name__})") from None
            except (smtplib.SMTPException, OSError) as error:
                why = "no whole answer in time: the server is too slow" if attempt.expired else "no connection"
                raise Transient(
                    f"{self._asked}: {why}. Check host, port and security ({type(error).__name__})"
                ) from None
            finally:
                if server is not None:
                    _hang_up(server)

    def _connected(self) -> smtplib.SMTP:
        own = self._options
        made = _GuardedTls if own.security == "tls" else _Guarded
        server = made(self._guard, own, self._port)
        if own.security == "starttls":
            server.ehlo_or_helo_if_needed()
            if not server.has_extn("starttls"):
                raise Permanent(
                    f'{self._asked}: the server offers no STARTTLS: set security = "tls", or mend the server'
                )
            server.starttls(context=_context(own))
        server.ehlo_or_helo_if_needed()
        if own.user:
            if not server.has_extn("auth"):
                raise AuthFailed(
                    f"{self._asked}: the server takes no login here: check port and security, or leave user out"
                )
            server.login(own.user, own.password.get_secret_value())
        return server

    def _error(self, code: int, said: bytes | str, word: str) -> ConnectorError:
        """RFC 5321, 4.2.1: 4yz may succeed later, 5yz never; RFC 4954: 530, 534, 535, 538 ask for other credentials."""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        text = mask_values(" ".join(text.split())[:300], [self._options.password.get_secret_value()])
        told = f"{self._asked}: {word}: {code} {text}"
        if code in _REFUSED:
            return AuthFailed(f"{told}. Check user, password and what the server asks for")
        if code == _BUSY:
            return RateLimited(told, BUSY_WAIT_S)
        return Permanent(told) if code >= _PERMANENT else Transient(told)


def _one_line(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """No line break and no control character: what is left cannot begin a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:longest]


def _context(options: SmtpOptions) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(options.ca_bundle) if options.ca_bundle else None)


def _hang_up(server: smtplib.SMTP) -> None:
    """The message's fate is known by now: a failing farewell changes nothing."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


class _Guarded(smtplib.SMTP):
    """Connects to checked addresses only, under the time of its attempt."""

    def __init__(self, guard: Guard, options: SmtpOptions, port: int) -> None:
        self._guard = guard
        self._options = options
        name = options.sender.rpartition("@")[2]
        super().__init__(options.host, port, local_hostname=name, timeout=options.timeout_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        failure: OSError = OSError("no address")
        for address in self._guard.addresses(host, port):
            try:
                made = socket.create_connection((address, port), timeout)
            except OSError as error:
                failure = error
                continue
            current().watch(made)
            return made
        raise failure


class _GuardedTls(_Guarded):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _context(self._options).wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
