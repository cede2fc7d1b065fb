"""The one way in which connectors talk HTTP.

Rule: reads are retried a little here, writes are sent once; every failure comes out as an error of ``base``
that says who asked what and carries no secret.

The retry loop is our own: it must wait as long as the server says, within a bound on the whole, with a sleep
that tests hand in; a retry library would still need all of that written around it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.cookies import RequestsCookieJar

from connectors._answer import Answer, status_error
from connectors._attempt import Attempt
from connectors._guard import AddressRefused, Guard, GuardedAdapter, Resolve, resolve
from connectors._mask import mask_url, mask_values, secrets_of
from connectors._options import HttpOptions
from connectors.base import ConnectorError, InDoubt, Permanent, RateLimited, Transient
from connectors.pressing import seconds_left

Auth = Callable[[], Mapping[str, str]]
Params = Mapping[str, str | int | Iterable[str]]

BODY_CAP = 32 * 1024 * 1024
READ_TRIES = 3
READ_FACTOR = 4
LONGEST_PAUSE_S = 10.0
_FIRST_PAUSE_S = 0.5
_CHUNK = 64 * 1024
USER_AGENT = "issue-bridge"


def segment(value: str) -> str:
    """``value`` as one segment of a path, so that an id from outside cannot lead elsewhere."""
    if value in ("", ".", ".."):
        raise Permanent(f"{value!r} is no id that can be part of an address")
    return quote(value, safe="")


class _NoCookies(RequestsCookieJar):
    """Keeps nothing: a session cookie must not outlive or outrank the token."""

    def set_cookie(self, *_args: Any, **_kwargs: Any) -> None:
        return


class Http:
    """Requests to one base URL. One object per connector; not for several threads at once.

    ``auth`` gives the headers that authenticate; it is asked for each request and its values never show.
    ``sleep``, ``clock`` (monotonic seconds), ``wall`` (epoch seconds) and ``resolver`` are for tests.
    """

    def __init__(
        self,
        options: HttpOptions,
        *,
        name: str,
        auth: Auth = dict,
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        resolver: Resolve = resolve,
    ) -> None:
        self._options, self._name, self._auth = options, name, auth
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **(headers or {})}
        self._sleep, self._clock, self._wall = sleep, clock, wall
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies = _NoCookies()
        self._session.verify = str(options.ca_bundle) if options.ca_bundle else True
        adapter = GuardedAdapter(Guard(options.allow_private_networks, resolver))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"Http({self._name!r}, {mask_url(self._options.base_url)!r})"

    @property
    def base_url(self) -> str:
        return self._options.base_url

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, params: Params | None = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        """A read of any content type, retried. Raises Transient, RateLimited, AuthFailed or Permanent."""
        return self._read("GET", path, params=params, headers=headers)

    def get_json(self, path: str, params: Params | None = None) -> Any:
        """A read whose answer must be JSON; an HTML page or broken JSON is Transient, after retries."""
        return self._read("GET", path, params=params, parse=True).json()

    def query_json(self, path: str, json: Any, params: Params | None = None) -> Any:
        """A POST that only asks (a search), retried as a read. Never for anything that changes a thing."""
        return self._read("POST", path, params=params, json=json, parse=True).json()

    def write(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | str | Mapping[str, str] | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        done: bytes | None = None,
    ) -> Answer:
        """Send once. The answer may be anything but an HTML page, and ``done`` whatever type it claims to be. InDoubt
        where it may have taken effect.
        """
        return self._once(method, path, write=True, done=done, params=params, json=json, data=data, headers=headers)

    def write_json(self, method: str, path: str, json: Any, params: Params | None = None) -> Any:
        """Send JSON once; the answer must be JSON, else InDoubt."""
        return self._once(method, path, write=True, params=params, json=json, parse=True).json()

    def _read(self, method: str, path: str, **kwargs: Any) -> Answer:
        end = self._clock() + self._options.timeout_s * READ_FACTOR
        for tried in range(1, READ_TRIES + 1):
            try:
                return self._once(method, path, write=False, **kwargs)
            except AddressRefused:
                raise
            except Transient as error:
                pause = self._pause(error, tried)
                if tried == READ_TRIES or pause is None or self._clock() + pause >= end:
                    raise
                self._sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, error: Transient, tried: int) -> float | None:
        """Seconds before the next try (exponential, full jitter); None if the server wants us away longer."""
        if isinstance(error, RateLimited):
            return error.retry_after if error.retry_after <= LONGEST_PAUSE_S else None
        return random.uniform(0, min(_FIRST_PAUSE_S * 2**tried, LONGEST_PAUSE_S))  # noqa: S311  jitter, no secret

    def _once(
        self, method: str, path: str, *, write: bool, parse: bool = False, done: bytes | None = None, **kwargs: Any
    ) -> Answer:
        url = self._url(path)
        auth = dict(self._auth())
        asked = f"{self._name}: {method} {mask_url(url)}"
        if write and seconds_left() < 0:
            raise Transient(f"{asked}: not sent: the reads before it took too long. The server is too slow")
        try:
            answer = self._exchange(method, url, asked, write=write, auth=auth, **kwargs)
            error = status_error(answer, asked, write=write, now=self._wall())
            if error is None and parse:
                error = _not_json(answer, asked, write=write)
            elif error is None and write and answer.body.strip() != done and answer.is_html_page:
                error = _html(asked, write=True)
        except ConnectorError as failure:
            error = failure
        if error is None:
            return answer
        error.args = tuple(mask_values(str(arg), secrets_of(auth.values())) for arg in error.args)
        raise error from None

    def _exchange(
        self,
        method: str,
        url: str,
        asked: str,
        *,
        write: bool,
        auth: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> Answer:
        seconds = self._options.timeout_s
        with Attempt(seconds if write else seconds * READ_FACTOR) as attempt:
            try:
                response = self._session.request(
                    method,
                    url,
                    headers={**self._headers, **(headers or {}), **auth},
                    timeout=(seconds, seconds),
                    allow_redirects=False,
                    stream=True,
                    **kwargs,
                )
                try:
                    body = _body(response, asked, write=write)
                finally:
                    response.close()
            except AddressRefused as refused:
                raise AddressRefused(f"{asked}: {refused}") from None
            except (requests.RequestException, OSError) as failure:
                raise _failure(failure, asked, attempt, write=write) from None
            if attempt.expired:
                raise _failure(TimeoutError(), asked, attempt, write=write)
        return Answer(response.status_code, response.headers, body)

    def _url(self, path: str) -> str:
        """``path`` under the base URL; an absolute URL (a "next" link) only if it leads to the same place."""
        if "://" not in path.partition("?")[0]:
            return f"{self._options.base_url}/{path.lstrip('/')}"
        ours, theirs = urlsplit(self._options.base_url), urlsplit(path)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Permanent(
                f"{self._name}: the server points to {mask_url(path)}, outside of base_url "
                f"{self._options.base_url}: not followed. Check base_url and the server's own address setting"
            )
        return path


def _body(response: requests.Response, asked: str, *, write: bool) -> bytes:
    """The whole body, unpacked; never holds more than the cap and one chunk."""
    parts: list[bytes] = []
    size = 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > BODY_CAP:
            kind = InDoubt if write else Permanent
            raise kind(f"{asked}: {response.status_code}: the answer is larger than {BODY_CAP >> 20} MB: not read")
        parts.append(chunk)
    return b"".join(parts)


def _failure(failure: Exception, asked: str, attempt: Attempt, *, write: bool) -> Transient:
    kind = InDoubt if write and attempt.sent else Transient
    if attempt.expired:
        return kind(f"{asked}: no whole answer in time: the server is too slow. Raise timeout_s if that is normal")
    if isinstance(failure, requests.exceptions.SSLError):
        hint = "TLS failed. Check the certificate; set ca_bundle for a company's own authority"
    elif not attempt.sent:
        hint = "cannot connect. Check base_url, the name and the network"
    elif isinstance(failure, requests.Timeout):
        hint = "no answer in time"
    else:
        hint = "the connection broke or the answer is damaged"
    return kind(f"{asked}: {hint} ({_cause(failure)})")


def _cause(failure: BaseException) -> str:
    """The innermost reason, by its kind alone where its text could quote the request."""
    seen = failure
    while True:
        inner = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return (
        f"{type(seen).__name__}: {seen.strerror}"
        if isinstance(seen, OSError) and seen.strerror
        else type(seen).__name__
    )


def _html(asked: str, *, write: bool) -> Transient:
    kind = InDoubt if write else Transient
    return kind(f"{asked}: answered with an HTML page, perhaps a login page or proxy. Check base_url and the token")


def _not_json(answer: Answer, asked: str, *, write: bool) -> Transient | None:
    if answer.is_html_page:
        return _html(asked, write=write)
    try:
        answer.json()
    except (ValueError, RecursionError):
        kind = InDoubt if write else Transient
        return kind(f"{asked}: {answer.status}: the answer is no readable JSON ({len(answer.body)} bytes)")
    return None
