"""Which addresses a connector may connect to, and the HTTP adapter that connects to no other.

Rule: a name is resolved once per connection, every address it has must pass, and the socket goes to one of
exactly those addresses, so a name that changes its answer in between (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from connectors._attempt import current
from connectors.base import Transient

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]

_NEVER: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(net), what)
    for net, what in (
        ("169.254.0.0/16", "link-local (cloud metadata)"),
        ("fe80::/10", "link-local"),
        ("100.100.100.200/32", "cloud metadata"),
        ("192.0.0.192/32", "cloud metadata"),
        ("fd00:ec2::254/128", "cloud metadata"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("2002::/16", "6to4"),
        ("2001::/32", "Teredo"),
        ("::/96", "IPv4-compatible"),
        ("0.0.0.0/8", "unspecified"),
        ("255.255.255.255/32", "broadcast"),
    )
)
_LOOPBACK6 = ip_network("::1/128")


class AddressRefused(Transient):
    """base_url leads to an address that is not allowed. Nothing was sent."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of ``host``, IPv6 scope included. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def refusal(text: str, allowed: Iterable[Network]) -> str | None:
    """Why ``text`` (an IP address) must not be connected to, or None. ``allowed``: private networks."""
    address: Address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_multicast:
        return "multicast"
    if address != _LOOPBACK6.network_address:
        for network, what in _NEVER:
            if address in network:
                return what
    if address.is_global or any(address in network for network in allowed):
        return None
    return "loopback" if address.is_loopback else "a private or shared network"


class Guard:
    """Resolves and checks. ``resolver`` is handed in by tests."""

    def __init__(self, allowed: Iterable[Network], resolver: Resolve = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver

    def addresses(self, host: str, port: int) -> list[str]:
        """The checked addresses of ``host``. Raises AddressRefused if any is refused, gaierror if it has
        none.
        """
        found = self._resolver(host, port)
        for address in found:
            why = refusal(address, self._allowed)
            if why:
                raise AddressRefused(
                    f"{host} resolves to {address}: {why}. If this is your own system, add its network to "
                    "allow_private_networks"
                )
        return found

    def connect(self, connection: HTTPConnection) -> socket.socket:
        host, port = connection.host.strip("[]"), connection.port or 80
        try:
            addresses = self.addresses(host, port)
        except socket.gaierror as error:
            raise NameResolutionError(host, connection, error) from error
        failure: OSError | None = None
        for address in addresses:
            try:
                return create_connection(
                    (address, port), connection.timeout, connection.source_address, connection.socket_options
                )
            except OSError as error:
                failure = error
        raise NewConnectionError(connection, f"cannot connect: {failure}") from failure


class _Guarded(HTTPConnection):
    """A connection that asks its guard where to connect and its attempt how long it may last."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        sock = self.guard.connect(self)
        current().watch(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        assert self.sock is not None
        current().watch(self.sock)
        current().sent = True
        super().request(*args, **kwargs)


class _GuardedTls(_Guarded, HTTPSConnection):
    pass


class GuardedAdapter(HTTPAdapter):
    """An adapter whose every new socket goes through ``guard`` and that never tries twice by itself."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._tls if isinstance(pool, HTTPSConnectionPool) else self._plain
        assert isinstance(pool, HTTPConnectionPool)
        return pool

    def _plain(self, *args: Any, **kwargs: Any) -> HTTPConnection:
        connection = _Guarded(*args, **kwargs)
        connection.guard = self._guard
        return connection

    def _tls(self, *args: Any, **kwargs: Any) -> HTTPConnection:
        connection = _GuardedTls(*args, **kwargs)
        connection.guard = self._guard
        return connection
