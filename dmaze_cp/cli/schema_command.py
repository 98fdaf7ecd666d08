"""`dmaze-cp schema`: what files look like, for editors and other programs."""

from __future__ import annotations

import click

from dmaze_cp.errors import Problem, SpecError


@click.command("schema")
@click.argument("name", required=False)
def schema_command(name: str | None) -> None:
    """Print the JSON Schema of a kind of file, or list the kinds.

    Editors complete and check YAML and JSON files by it.

    \b
    Examples:
      dmaze-cp schema
      dmaze-cp schema workload > workload.schema.json
    """  # noqa: D301 (click needs the character)
    from dmaze_cp.schemas import DOCUMENTS, json_schema
    from dmaze_cp.spec.fields import describe, nearest
    from dmaze_cp.spec.files import json_text

    if name is None:
        width = max(map(len, DOCUMENTS))
        for kind, (_, title) in DOCUMENTS.items():
            click.echo(f"{kind:{width}}  {title}")
        return
    if name not in DOCUMENTS:
        expected = nearest(name, DOCUMENTS) or f"one of {', '.join(DOCUMENTS)}"
        raise SpecError(Problem("schema", describe(name), expected))
    click.echo(json_text(json_schema(name)), nl=False)
