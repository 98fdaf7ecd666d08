"""Blocks as one self-contained HTML page."""

from dmaze_cp.report.html.page import html_page

__all__ = ["html_page"]
