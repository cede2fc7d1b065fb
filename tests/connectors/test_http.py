"""How Http sorts failures, waits, gives up and keeps secrets to itself."""

from __future__ import annotations

import logging
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._answer import Answer, excerpt, retry_after, status_error
from connectors._http import BODY_CAP, LONGEST_PAUSE_S, READ_TRIES, Http, segment
from connectors._mask import mask_url, mask_values
from connectors._options import HttpOptions
from connectors.base import AuthFailed, ConnectorError, InDoubt, NotFound, Permanent, RateLimited, Transient
from tests.connectors.contract import READ_ERRORS, SECRET, WRITE_ERRORS, assert_tells_no_secret
from tests.connectors.fake_api import FakeApi, Reply, Request


class Patience:
    """Counts what would have been slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return sum(self.slept)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        things: list[Any] = []

        @api.route("GET", "/things")
        def listing(_request: Request) -> Reply:
            return Reply(body=things)

        @api.route("POST", "/things")
        def create(request: Request) -> Reply:
            things.append(request.json())
            return Reply(201, things[-1])

        yield api


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def http(api: FakeApi, patience: Patience) -> Http:
    return client(api, patience)


def client(api: FakeApi, patience: Patience, **options: Any) -> Http:
    return Http(
        HttpOptions(**{**api.options, **options}),
        name="desk",
        auth=lambda: {"Authorization": f"Bearer {SECRET}"},
        sleep=patience.sleep,
        clock=patience.clock,
    )


def test_it_reads_and_writes_json_with_its_credentials(api: FakeApi, http: Http) -> None:
    assert http.write_json("POST", "things", {"name": "ä"}) == {"name": "ä"}
    assert http.get_json("things", {"page": 1}) == [{"name": "ä"}]
    assert api.requests[-1].headers["Authorization"] == f"Bearer {SECRET}"
    assert api.requests[-1].headers["User-Agent"] == "issue-bridge"
    assert api.requests[-1].query == {"page": ["1"]}


@pytest.mark.parametrize("kind", sorted(READ_ERRORS))
def test_reads_fail_by_what_the_caller_must_do(api: FakeApi, http: Http, patience: Patience, kind: str) -> None:
    api.fault(kind)
    http = client(api, patience, timeout_s=0.1) if kind == "drip" else http
    with pytest.raises(ConnectorError) as raised:
        http.get_json("things")
    assert isinstance(raised.value, READ_ERRORS[kind])
    assert not raised.value.in_doubt
    assert_tells_no_secret(raised.value, http)


@pytest.mark.parametrize("kind", sorted(WRITE_ERRORS))
def test_writes_fail_by_what_the_caller_must_do_and_are_sent_once(
    api: FakeApi, http: Http, patience: Patience, kind: str
) -> None:
    api.fault(kind)
    http = client(api, patience, timeout_s=0.3) if kind == "drip" else http
    with pytest.raises(ConnectorError) as raised:
        http.write_json("POST", "things", {})
    assert isinstance(raised.value, WRITE_ERRORS[kind])
    assert raised.value.in_doubt is issubclass(WRITE_ERRORS[kind], InDoubt)
    assert len(api.requests) == 1
    assert_tells_no_secret(raised.value, http)


@pytest.mark.parametrize("kind", ["lost_reply", "500_after", "truncated_after"])
def test_a_write_that_took_effect_unseen_is_in_doubt(api: FakeApi, http: Http, kind: str) -> None:
    api.fault(kind, times=1, method="POST")
    with pytest.raises(InDoubt):
        http.write_json("POST", "things", {"n": 1})
    assert http.get_json("things") == [{"n": 1}]


def test_a_read_is_tried_again_a_few_times(api: FakeApi, http: Http, patience: Patience) -> None:
    api.fault("500", times=READ_TRIES - 1)
    assert http.get_json("things") == []
    assert len(patience.slept) == READ_TRIES - 1
    assert all(0 <= pause <= LONGEST_PAUSE_S for pause in patience.slept)


def test_a_search_by_post_is_tried_again_too(api: FakeApi, http: Http) -> None:
    api.fault("500", times=1)
    assert http.query_json("things", {"q": 1}) == {"q": 1}


def test_a_read_gives_up_after_its_tries(api: FakeApi, http: Http) -> None:
    api.fault("500")
    with pytest.raises(Transient, match="500"):
        http.get_json("things")
    assert len(api.requests) == READ_TRIES


def test_a_short_retry_after_is_waited_for(api: FakeApi, patience: Patience) -> None:
    api.fault("429", times=1, headers={"Retry-After": "7"})
    assert client(api, patience, timeout_s=5).get_json("things") == []
    assert patience.slept == [7.0]


@pytest.mark.parametrize("seconds", [str(LONGEST_PAUSE_S + 1), "999999999"])
def test_a_long_retry_after_is_left_to_the_caller(api: FakeApi, http: Http, patience: Patience, seconds: str) -> None:
    api.fault("429", headers={"Retry-After": seconds})
    with pytest.raises(RateLimited) as raised:
        http.get_json("things")
    assert raised.value.retry_after == min(float(seconds), 3600.0)
    assert patience.slept == []


def test_all_tries_together_are_bounded(api: FakeApi, patience: Patience) -> None:
    api.fault("429", headers={"Retry-After": "9"})
    with pytest.raises(RateLimited):
        client(api, patience, timeout_s=4).get_json("things")
    assert patience.slept == [9.0]


NOW = datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "86400"}, 3600.0),
        ({"Retry-After": format_datetime(datetime(2026, 3, 1, 9, 2, tzinfo=UTC), usegmt=True)}, 120.0),
        ({"Retry-After": "Sun, 01 Mar 2020 09:00:00 GMT"}, 0.0),
        ({"X-RateLimit-Reset": str(int(NOW) + 40)}, 40.0),
        ({"X-RateLimit-Reset": "40"}, 40.0),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "5"}, 5.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected


@given(st.integers(100, 599), st.booleans(), st.text(max_size=20))
def test_every_status_is_sorted_and_a_write_is_done_undone_or_in_doubt(status: int, write: bool, wait: str) -> None:
    error = status_error(Answer(status, {"Retry-After": wait}, b"{}"), "asked", write=write, now=NOW)
    assert (error is None) == (200 <= status < 300)
    if error is not None:
        assert error.in_doubt <= write
        assert not (write and status >= 500 and not error.in_doubt)


@pytest.mark.parametrize("status", [408, 409, 425])
def test_undecided_statuses_leave_a_write_in_doubt(status: int) -> None:
    answer = Answer(status, {}, b"")
    assert isinstance(status_error(answer, "a", write=True, now=NOW), InDoubt)
    assert type(status_error(answer, "a", write=False, now=NOW)) is Transient


def test_other_refusals_are_permanent_and_quote_the_vendor_shortly() -> None:
    answer = Answer(422, {}, b'{"errors": ["Subject cannot be blank", "' + b"x" * 5000 + b'"]}')
    error = status_error(answer, "desk: POST /issues", write=True, now=NOW)
    assert type(error) is Permanent
    assert "422: Subject cannot be blank" in str(error)
    assert len(excerpt(answer)) <= 300


def test_a_gone_thing_is_not_found() -> None:
    assert isinstance(status_error(Answer(410, {}, b""), "a", write=True, now=NOW), NotFound)


def test_an_html_page_with_200_is_named_as_such(api: FakeApi, http: Http) -> None:
    api.fault("html")
    with pytest.raises(Transient, match="an HTML page, perhaps a login page or proxy"):
        http.get_json("things")
    with pytest.raises(InDoubt, match="HTML page"):
        http.write("POST", "things", json={})


def test_an_empty_answer_to_a_write_is_fine(api: FakeApi, http: Http) -> None:
    api.route("PUT", "/things/1")(lambda _request: Reply(204))
    assert http.write("PUT", "things/1", json={}).body == b""


@pytest.mark.parametrize(("location", "kind"), [("/login?back=x", AuthFailed), ("https://elsewhere.test/", Permanent)])
def test_redirects_are_not_followed(api: FakeApi, http: Http, location: str, kind: type[ConnectorError]) -> None:
    api.route("GET", "/old")(lambda _request: Reply(302, headers={"Location": location}))
    with pytest.raises(kind, match="not followed"):
        http.get_json("old")
    assert len(api.requests) == 1


def test_a_next_link_to_another_place_is_not_followed(http: Http) -> None:
    with pytest.raises(Permanent, match="outside of base_url"):
        http.get_json("https://evil.test/things?token=abcdef")


def test_a_next_link_to_the_same_place_is_followed(api: FakeApi, http: Http) -> None:
    assert http.get_json(f"{api.url}/things?page=2") == []


def test_a_packed_bomb_is_left_unpacked_beyond_the_cap(api: FakeApi, patience: Patience) -> None:
    api.fault("gzip_bomb")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Permanent, match="larger than 32 MB"):
        client(api, patience, timeout_s=20).get_json("things")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 3 * BODY_CAP


def test_a_slow_drip_is_cut_off(api: FakeApi, patience: Patience) -> None:
    api.fault("drip")
    with pytest.raises(InDoubt, match="no whole answer in time"):
        client(api, patience, timeout_s=0.2).write("POST", "things", json={})


def test_a_server_that_drips_its_headers_is_cut_off(patience: Patience) -> None:
    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.settimeout(0.05)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                connection.sendall(b"x")
                with suppress(TimeoutError):
                    if not connection.recv(4096):
                        return

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        options = HttpOptions(base_url=url, allow_http=True, allow_private_networks=["127.0.0.0/8"], timeout_s=0.3)
        with pytest.raises(InDoubt, match="no whole answer in time"):
            Http(options, name="desk", sleep=patience.sleep).write("POST", "things", json={})
        thread.join(5)
        assert not thread.is_alive()


def test_no_connection_means_surely_not_done(patience: Patience) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    options = HttpOptions(base_url=f"http://127.0.0.1:{port}", allow_http=True, allow_private_networks=["127.0.0.0/8"])
    http = Http(options, name="desk", sleep=patience.sleep, clock=patience.clock)
    with pytest.raises(Transient, match="cannot connect") as raised:
        http.write("POST", "things", json={})
    assert not raised.value.in_doubt


def test_a_name_that_is_not_known_means_surely_not_done(patience: Patience) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    options = HttpOptions(base_url="https://desk.invalid")
    http = Http(options, name="desk", sleep=patience.sleep, clock=patience.clock, resolver=unknown)
    with pytest.raises(Transient, match="cannot connect") as raised:
        http.write("POST", "things", json={})
    assert not raised.value.in_doubt


def test_a_certificate_that_cannot_be_trusted_means_surely_not_done(api: FakeApi, patience: Patience) -> None:
    with pytest.raises(Transient, match="TLS failed") as raised:
        client(api, patience, base_url=api.url.replace("http:", "https:")).write("POST", "things", json={})
    assert not raised.value.in_doubt
    assert api.requests == []


def test_no_cookie_netrc_or_proxy_is_used(api: FakeApi, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    api.route("GET", "/me")(lambda _request: Reply(body={}, headers={"Set-Cookie": "session=1; Path=/"}))
    http.get_json("me")
    http.get_json("me")
    assert "Cookie" not in api.requests[-1].headers


def test_nothing_secret_is_logged(api: FakeApi, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    http.get_json("things")
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h/x?a=1&api_key=abc&Token=d", "https://h/x?a=1&api_key=***&Token=***"),
        ("https://h/x?page=2", "https://h/x?page=2"),
        ("https://h/x#frag", "https://h/x"),
    ],
)
def test_urls_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@given(st.text(min_size=4), st.text(), st.text())
def test_a_secret_never_survives_masking(secret: str, before: str, after: str) -> None:
    if secret not in "***":
        assert secret not in mask_values(before + secret + after, [secret]).replace("***", "")


@pytest.mark.parametrize(
    "change",
    [
        {"base_url": "http://h"},
        {"base_url": "ftp://h"},
        {"base_url": "h"},
        {"base_url": "https://u:p@h"},
        {"base_url": "https://h/?q=1"},
        {"timeout_s": 0},
        {"allow_private_networks": ["10.0.0.1/8"]},
        {"tiemout_s": 3},
    ],
)
def test_options_that_cannot_be_right_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        HttpOptions(**{"base_url": "https://h", **change})


def test_an_id_cannot_lead_to_another_path() -> None:
    assert segment("../admin?x=1") == "..%2Fadmin%3Fx%3D1"
    for bad in ("", ".", ".."):
        with pytest.raises(Permanent):
            segment(bad)
