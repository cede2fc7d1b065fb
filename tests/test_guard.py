"""The suite's own guards hold: no test leaves the machine, and a required part is never skipped."""

from __future__ import annotations

import socket

import pytest
import requests

from tests.guard import OutsideCallError
from tests.require import missing, required, shared_dir


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "10.0.0.1"])
def test_other_addresses_are_refused(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as tried, pytest.raises(OutsideCallError, match="loopback only"):
        tried.connect((address, 9))
    with socket.socket(family, socket.SOCK_DGRAM) as tried, pytest.raises(OutsideCallError):
        tried.sendto(b"x", (address, 9))


def test_other_names_are_refused_and_no_retry_swallows_it() -> None:
    with pytest.raises(OutsideCallError, match=r"example\.com"):
        requests.get("https://example.com/", timeout=1)
    with pytest.raises(requests.ConnectionError):
        requests.get("http://nobody.invalid/", timeout=1)


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_a_missing_part_skips_unless_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_REQUIRE", "shared")
    monkeypatch.setenv("BRIDGE_SHARED", "/nowhere")
    assert required("shared")
    assert not required("postgres")
    with pytest.raises(pytest.skip.Exception, match="no server"):
        missing("postgres", "no server")
    with pytest.raises(pytest.fail.Exception, match=r"shared is required .* set BRIDGE_SHARED"):
        shared_dir()


def test_a_misspelt_requirement_is_no_requirement_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_REQUIRE", "postgers")
    with pytest.raises(ValueError, match=r"unknown part \['postgers'\]"):
        required("postgres")
