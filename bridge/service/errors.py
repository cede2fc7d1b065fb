"""Errors that a person caused and can mend; every skin shows their message as it is."""

from __future__ import annotations

from bridge.errors import BridgeError


class ServiceError(BridgeError):
    """The request cannot be done; the message says what was wrong and what to do."""


class UnknownId(ServiceError):
    """There is no such thing."""
