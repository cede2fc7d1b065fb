"""Where a connector may connect to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._guard import AddressRefused, Guard, refusal, resolve
from connectors._http import Http
from connectors._options import HttpOptions
from tests.connectors.fake_api import FakeApi, Reply

REFUSED = [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "192.0.0.192",
    "198.18.0.1",
    "203.0.113.9",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
]
NEVER = ["169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "64:ff9b::7f00:1", "100.100.100.200", "fd00:ec2::254"]
EVERYTHING = [ip_network("0.0.0.0/0"), ip_network("::/0")]


@pytest.mark.parametrize("address", REFUSED)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert refusal(address, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_allowed(address: str) -> None:
    assert refusal(address, []) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_places_are_refused_whatever_is_allowed(address: str) -> None:
    assert refusal(address, EVERYTHING)


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.1.2.3", "10.1.0.0/16"), ("127.0.0.1", "127.0.0.0/8"), ("::1", "::1/128"), ("100.64.7.7", "100.64.0.0/10")],
)
def test_a_private_network_can_be_allowed(address: str, network: str) -> None:
    assert refusal(address, [ip_network(network)]) is None
    assert refusal(address, [ip_network("192.168.0.0/16")])


@given(st.ip_addresses())
def test_nothing_unroutable_passes(address: object) -> None:
    if refusal(str(address), []) is None:
        found = ip_address(str(address))
        mapped = getattr(found, "ipv4_mapped", None) or found
        assert mapped.is_global
        assert not any((mapped.is_multicast, mapped.is_loopback, mapped.is_link_local))


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    guard = Guard([], lambda _host, _port: ["8.8.8.8", "10.0.0.5"])
    with pytest.raises(AddressRefused, match="allow_private_networks"):
        guard.addresses("desk.example.com", 443)


def test_names_resolve_to_all_their_addresses() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        api.route("GET", "/things")(lambda _request: Reply(body=[1]))
        yield api


class Rebinding:
    """A name that answers something else each time."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return [self.answers.pop(0)]


def by_name(api: FakeApi, resolver: Rebinding, **options: object) -> Http:
    url = api.url.replace("127.0.0.1", "desk.example.com")
    return Http(HttpOptions(**{**api.options, "base_url": url, **options}), name="desk", resolver=resolver)


def test_the_checked_address_is_the_one_that_is_connected_to(api: FakeApi) -> None:
    resolver = Rebinding("127.0.0.1", "10.0.0.1", "10.0.0.1")
    assert by_name(api, resolver).get_json("things") == [1]
    assert resolver.asked == 1
    assert api.requests[0].headers["Host"].startswith("desk.example.com:")


def test_a_name_that_turns_inward_is_refused_before_anything_is_sent(api: FakeApi) -> None:
    resolver = Rebinding("127.0.0.1")
    with pytest.raises(AddressRefused, match="loopback") as raised:
        by_name(api, resolver, allow_private_networks=[]).write("POST", "things", json={})
    assert not raised.value.in_doubt
    assert api.requests == []


def test_a_refused_address_is_not_tried_again(api: FakeApi) -> None:
    resolver = Rebinding("127.0.0.1", "127.0.0.1")
    with pytest.raises(AddressRefused):
        by_name(api, resolver, allow_private_networks=[]).get_json("things")
    assert resolver.asked == 1


def c_library(host: str, port: int) -> list[str]:
    """Resolves as the C library does: numbers in all their spellings are addresses."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return resolve(host, port)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost"])
def test_other_spellings_of_loopback_are_refused(api: FakeApi, host: str) -> None:
    port = api.url.rpartition(":")[2]
    options = HttpOptions(base_url=f"http://{host}:{port}", allow_http=True)
    with pytest.raises(AddressRefused):
        Http(options, name="desk", resolver=c_library).get_json("things")
    assert api.requests == []
