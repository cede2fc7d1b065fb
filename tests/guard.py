"""Keeps the tests of this process on loopback: any other address is an error that no code may mistake for a fault."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class OutsideCallError(Exception):
    """A test tried to leave this machine. Not an OSError, so that no retry swallows it."""


@contextmanager
def loopback_only() -> Iterator[None]:
    """Refuse connections and datagrams to other addresses, and look-ups of other names."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *args: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(args[-1][0]):
            raise OutsideCallError(f"tests talk to loopback only, not to {args[-1]!r}")
        return method(self, *args)

    return guarded


def _guarded_lookup(lookup: Any) -> Any:
    def guarded(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_address(host) or _is_here(host):
            return lookup(host, port, *args, **kwargs)
        if str(host).endswith(".invalid"):  # RFC 6761: no resolver knows a name in it
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise OutsideCallError(f"tests talk to loopback only, not to {host!r}")

    return guarded


def _is_here(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    return _is_address(name) and ipaddress.ip_address(name).is_loopback


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True
