"""Options of commands that keep results: where the store is, or none at all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from dmaze_cp.cli.settings import Setting, was_typed
from dmaze_cp.errors import SpecError

if TYPE_CHECKING:
    from dmaze_cp.store import Store

logger = logging.getLogger(__name__)

_Function = TypeVar("_Function", bound=Callable[..., Any])

DEFAULT_PLACE: Final = "results.sqlite in your cache folder, such as ~/.cache/dmaze-cp"


def store_options(function: _Function) -> _Function:
    """``--store FILE`` and ``--no-store``, passed on as `store` and `no_store`."""
    without = click.option(
        "--no-store", is_flag=True, help="Neither look up earlier results nor keep new ones."
    )
    store = click.option(
        "--store",
        cls=Setting,
        metavar="FILE",
        help="Look up earlier results in FILE, and keep new ones there: proven ones are not "
        f"searched for again. Without it: {DEFAULT_PLACE}.",
    )
    return store(without(function))


def open_store(path: str | None, no_store: bool) -> Store | None:
    """The store that the options ask for.

    Where the default one cannot be used (a read-only home, a damaged file), a line on
    stderr says so and there is none: nobody asked for it by name.

    Raises
    ------
    click.UsageError
        When both options are given.
    SpecError
        When a file that was named is no store, is damaged or cannot be written.
    """
    if no_store:
        if path is not None and was_typed("store"):
            raise click.UsageError("--store and --no-store exclude each other.")
        return None
    from dmaze_cp.store import default_store_path

    if path is not None:
        return _opened(path)
    try:
        return _opened(default_store_path())
    except SpecError as error:
        click.echo(f"warning: results are not kept: {error}", err=True)
        return None


def _opened(path: str | Path) -> Store:
    from dmaze_cp.store import Store

    store = Store.open(path)
    logger.info("results are kept in %s", store.path)
    return store


def store_files(path: str | None, no_store: bool) -> tuple[Path, ...]:
    """The files of the store that the options ask for, whether or not they are there yet."""
    from dmaze_cp.store import StoreUnavailableError, default_store_path

    if no_store:
        return ()
    try:
        store = default_store_path() if path is None else Path(path)
    except StoreUnavailableError:
        return ()
    return store, Path(f"{store}-journal")
