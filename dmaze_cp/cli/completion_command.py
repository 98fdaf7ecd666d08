"""`dmaze-cp completion`: the script with which a shell completes commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, /, shell: str) -> None:
    """Write the script with which SHELL completes commands, options and names.

    Names of built-in models and accelerators are completed, and of the layers of the
    models that have been typed.

    \b
    Examples:
      eval "$(dmaze-cp completion bash)"                          in ~/.bashrc
      eval "$(dmaze-cp completion zsh)"                           in ~/.zshrc
      dmaze-cp completion fish > ~/.config/fish/completions/dmaze-cp.fish
    """  # noqa: D301 (click needs the character)
    root = context.find_root()
    name = root.info_name or "dmaze-cp"
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}.")
    # The variable that click's own main looks at.
    variable = f"_{name}_COMPLETE".replace("-", "_").upper()
    click.echo(kind(root.command, {}, name, variable).source())
