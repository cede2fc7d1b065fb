"""One furnished service for the tests of a module that change little."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.house import House, furnished_house


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = furnished_house(tmp_path_factory.mktemp("api") / "home")
    yield made
    made.db.dispose()
