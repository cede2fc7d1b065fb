"""A picture that Chromium refuses is taken again on a fresh page; any other fault is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.services.browser import NO_PICTURE, PICTURES, picture


class Page:
    """Plays what ``picture`` asks of a page; ``faults`` are raised one a picture."""

    url = "http://127.0.0.1/t/desk/1"

    def __init__(self, *faults: str) -> None:
        self.faults, self.did = list(faults), list[Any]()
        self.context = self
        self.viewport_size = {"width": 400, "height": 600}

    def screenshot(self, *, path: str, full_page: bool) -> None:
        if self.faults:
            raise Error(self.faults.pop(0))
        Path(path).write_text("a picture")

    def new_page(self) -> Page:
        self.fresh = Page(*self.faults[1:])
        return self.fresh

    def set_viewport_size(self, size: dict[str, int]) -> None:
        self.did.append(size)

    def goto(self, url: str) -> None:
        self.did.append(url)

    def close(self) -> None:
        self.did.append("closed")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(PICTURES, str(tmp_path / "pictures"))
    return tmp_path / "pictures" / "page.png"


def test_a_refused_picture_is_taken_on_a_fresh_page(kept: Path) -> None:
    page = Page(f"Page.screenshot: Protocol error (Page.captureScreenshot): {NO_PICTURE}")
    picture(page, "page")
    assert kept.exists()
    assert page.fresh.did == [page.viewport_size, page.url, "closed"]


def test_another_fault_is_told(kept: Path) -> None:
    with pytest.raises(Error, match="crashed"):
        picture(Page("the page crashed"), "page")


def test_without_a_folder_nothing_is_taken(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PICTURES)
    picture(Page("the page crashed"), "page")
    assert not kept.exists()
