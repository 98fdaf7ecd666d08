"""Open pages in a headless Chromium, and note whatever they complain about or ask for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dmaze_cp.report.nouns import render
from dmaze_cp.report.suffixes import Format
from tests.kit.browser import Open, Opened
from tests.kit.patience import HANG_S

BROWSER_VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="package")
def windows() -> Iterator[dict[bool, Any]]:
    """A Chromium for all tests, with and without touch; they are skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = os.environ.get(BROWSER_VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium: {BROWSER_VARIABLE} is not set, and none of {', '.join(NAMES)}")
    with api.sync_playwright() as playwright:
        # Playwright gives every start a user data directory of its own.
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        # Nothing scrolls smoothly: each click would wait for its end.
        calm = {"reduced_motion": "reduce"}
        yield {touch: browser.new_context(has_touch=touch, **calm) for touch in (False, True)}
        browser.close()


@pytest.fixture
def open_page(windows: dict[bool, Any], tmp_path: Path) -> Iterator[Open]:
    """Open the page of a document in a tab of its own."""
    pages = []

    def start(
        document: Any,
        *,
        width: int = 1280,
        scheme: str = "light",
        fragment: str = "",
        touch: bool = False,
    ) -> Opened:
        file = tmp_path / f"page-{len(pages)}.html"
        file.write_text(render(document, Format.PAGE), encoding="utf-8")
        page = windows[touch].new_page()
        pages.append(page)
        page.set_default_timeout(1000 * HANG_S)
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        opened = Opened(page)
        page.on("console", lambda m: opened.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))
        page.goto(file.as_uri() + fragment)
        opened.settle()
        return opened

    yield start
    for page in pages:
        page.close()
