"""What a shell may complete: names of models, accelerators, design spaces and layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from dmaze_cp.errors import DmazeError

if TYPE_CHECKING:
    from dmaze_cp.spec import BuiltinSpec
    from dmaze_cp.workload import Workload

Complete = Callable[[click.Context, click.Parameter, str], list[Any]]
"""Called by click; the last argument is what has been typed so far."""


def _models() -> Sequence[BuiltinSpec]:
    from dmaze_cp.spec import builtin_models

    return builtin_models()


def _architectures() -> Sequence[BuiltinSpec]:
    from dmaze_cp.spec import builtin_architectures

    return builtin_architectures()


def _spaces() -> Sequence[BuiltinSpec]:
    from dmaze_cp.spec.builtin import builtin_spaces

    return builtin_spaces()


def _builtin(specs: Callable[[], Sequence[BuiltinSpec]], *, files: bool) -> Complete:
    def complete(
        _context: click.Context, _parameter: click.Parameter, typed: str
    ) -> list[CompletionItem[str]]:
        named = [spec for spec in specs() if spec.name.startswith(typed)]
        items = [CompletionItem(spec.name, help=spec.description) for spec in named]
        # First: bash drops what came before files are asked for.
        return [CompletionItem(typed, type="file"), *items] if files else items

    return complete


model_names = _builtin(_models, files=False)
models_and_files = _builtin(_models, files=True)
architecture_names = _builtin(_architectures, files=False)
architectures_and_files = _builtin(_architectures, files=True)
space_names = _builtin(_spaces, files=False)
spaces_and_files = _builtin(_spaces, files=True)


def layer_names(
    context: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem[str]]:
    """Layers of the models that have been typed."""
    layers = [layer for workload in _typed_models(context) for layer in workload]
    names = (name for layer in layers for name in (layer.name, *layer.also))
    return [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(typed)]


def _typed_models(context: click.Context) -> Iterator[Workload]:
    from dmaze_cp.loading import load_workload

    batch, shapes = context.params.get("batch"), dict(context.params.get("shapes") or ())
    for ref in dict.fromkeys(_typed_refs(context)):
        try:
            yield load_workload(ref, batch=batch, shapes=shapes)
        except DmazeError:
            # Something else, or not typed to its end: there is nothing to complete.
            continue


def _typed_refs(context: click.Context) -> Iterable[str]:
    """Arguments of the command; with an option that still has no value, click parses none."""
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if isinstance(parameter, click.Argument) and value:
            yield from [value] if isinstance(value, str) else value
    yield from context.args
