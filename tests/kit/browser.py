"""A page that is open in a browser, and what it complains about or asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.kit.patience import wait_for


@dataclass
class Opened:
    """A page in the browser, and what it did."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def texts(self, selector: str) -> list[str]:
        return [str(text) for text in self.page.locator(selector).all_inner_texts()]

    def resize(self, width: int, scheme: str) -> None:
        """Another window; plots are drawn anew in the next frames."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.settle()

    def settle(self) -> None:
        """Let plots be drawn: in the next frame, when the size of their place is known."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame("
            "() => requestAnimationFrame(() => requestAnimationFrame(done))))"
        )

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression holds.

        Playwright's own way to wait evaluates text inside the page, which the page's
        content security policy forbids.
        """
        wait_for(lambda: self.page.evaluate(expression), expression)

    def overflow(self) -> int:
        """Pixels that the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


Open = Callable[..., Opened]
