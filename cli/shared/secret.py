"""A secret that a command needs: typed unseen, or on its standard input.

Never an argument, which would stay in the shell's history and show in the list of processes.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from cli.shared.command import Run


def secret(name: str, prompt: str) -> Callable[[Run], Run]:
    """Give a command its secret as `name`; `prompt` is what a person is asked for.

    Before the command's event loop runs, in which Ctrl-C would not end a prompt.
    """

    def decorate(run: Run) -> Run:
        @wraps(run)
        def asking(**values: Any) -> None:
            run(**values, **{name: _read(prompt)})

        return asking

    return decorate


def _read(prompt: str) -> str:
    if sys.stdin.isatty():
        return click.prompt(prompt, hide_input=True, err=True, type=str)
    line = sys.stdin.buffer.readline().decode(errors="replace").rstrip("\r\n")
    if not line:
        raise click.UsageError(f"{prompt}: type it at a terminal, or send it as a line on standard input")
    return line
