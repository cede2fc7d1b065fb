"""A write that would begin after its time is not sent; reads, and writes in time, are."""

from __future__ import annotations

import pytest

from connectors._http import Http
from connectors._options import HttpOptions
from connectors.base import Transient
from connectors.pressing import seconds_left, writes_begin_within
from tests.connectors.fake_api import FakeApi, Reply, Request


def test_a_write_that_comes_too_late_is_not_sent_and_not_in_doubt() -> None:
    with FakeApi() as api:

        @api.route("GET", "/thing")
        @api.route("POST", "/thing")
        def thing(_request: Request) -> Reply:
            return Reply(200, {"id": 1})

        http = Http(HttpOptions.model_validate(api.options), name="desk")
        with writes_begin_within(60):
            http.write("POST", "thing")
            with writes_begin_within(-1):
                http.get_json("thing")
                with pytest.raises(Transient, match="not sent") as refused:
                    http.write("POST", "thing")
            http.write("POST", "thing")

    assert not refused.value.in_doubt
    assert [request.method for request in api.requests] == ["POST", "GET", "POST"]
    assert seconds_left() == float("inf")
