"""`python -m tests.chaos.mover POINT WORD ...`: `tenantry WORD ...`, killed at the end of the function POINT.

POINT is `module:function`; with `-` the command is not killed.
"""

import os
import signal
import sys
from importlib import import_module
from typing import Any

from cli.__main__ import tenantry


def kill_after(point: str) -> None:
    module_name, _, name = point.partition(":")
    module = import_module(module_name)
    original = getattr(module, name)

    async def run(*given: Any, **named: Any) -> None:
        await original(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, run)


if __name__ == "__main__":
    _, point, *words = sys.argv
    if point != "-":
        kill_after(point)
    tenantry(words)
