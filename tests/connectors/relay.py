"""A fake that passes every request on to a real server, so that faults can be played on the real one too."""

from __future__ import annotations

import requests

from tests.connectors.fake_api import FakeApi, Reply, Request

_PASSED_ON = ("Authorization", "X-Redmine-API-Key", "Content-Type", "Accept")


class Relay(FakeApi):
    """A ``with`` block in front of ``target``; see FakeApi for the faults."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self._session = requests.Session()
        self._session.trust_env = False

    def _handle(self, request: Request) -> Reply:
        given = self._session.request(
            request.method,
            self._target + request.path,
            params=dict(request.query),
            data=request.body,
            headers={name: request.headers[name] for name in _PASSED_ON if name in request.headers},
            allow_redirects=False,
            timeout=60,
        )
        kept = {name: given.headers[name] for name in ("Location",) if name in given.headers}
        return Reply(given.status_code, given.content, kept, given.headers.get("Content-Type", ""))
