"""Hook of MkDocs: the site is laid out as the repository, so that every link is good in both."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).resolve().parents[1]
BESIDE: Final = (
    *("*.md", "LICENSE", "examples/*.*", "benchmarks/*.md", "benchmarks/growth.*"),
    "dmaze_cp/checker/model.py",
)
"""What pages link to beside those of docs/."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the pages of docs/ in a folder of that name, beside the others."""
    pages = {f"docs/{file.src_uri}": file for file in files.documentation_pages()}
    laid = [
        File.generated(config, uri, abs_src_path=file.abs_src_path) for uri, file in pages.items()
    ]
    for pattern in BESIDE:
        for path in sorted(ROOT.glob(pattern)):
            uri = path.relative_to(ROOT).as_posix()
            laid.append(File.generated(config, uri, abs_src_path=str(path)))
    # Those of the theme.
    return Files([*(file for file in files if file.src_uri.startswith("assets/")), *laid])
