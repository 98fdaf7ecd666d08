"""Results as one self-contained HTML page."""

from dmaze_cp.report.html.document import Reported, result_of
from dmaze_cp.report.html.page import html_page

__all__ = ["Reported", "html_page", "result_of"]
