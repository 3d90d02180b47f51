"""Probing of uploaded files in a sandboxed process (`domain/media/probe.py`)."""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from subprocess import DEVNULL, PIPE

import msgspec

from domain.media.probe import WALL_S, Answer, Metadata, RefusedFile, SpentCpuTime, cpu_limit
from domain.media.store import Store
from schemas.errors import Invalid
from telemetry import costs

#: Timeout above the process's own.
PATIENCE_S = WALL_S + 5.0

_LINES: msgspec.json.Decoder[Answer | SpentCpuTime] = msgspec.json.Decoder(Answer | SpentCpuTime)


async def probe(store: Store, files: Sequence[tuple[str, str]]) -> list[Metadata]:
    """Return the metadata of files, each given as a token and its sniffed type. Raises `Invalid` for a bad
    file.

    `path` of the error is `file[1]` for the second file.
    """
    async with AsyncExitStack() as stack:
        handles = [await stack.enter_async_context(store.opened(token)) for token, _ in files]
        answers = await _run(
            [f"{handle}:{mime}" for handle, (_, mime) in zip(handles, files, strict=True)], handles
        )
    metadata = [answer for answer in answers if isinstance(answer, Metadata)]
    if len(metadata) < len(files):
        last = answers[-1] if answers else None
        why = (
            last.why
            if isinstance(last, RefusedFile)
            else "can't be read: it takes too long, or breaks the reader"
        )
        raise Invalid(f"file[{len(metadata)}]", why)
    return metadata


async def _run(files: list[str], handles: list[int]) -> list[Answer]:
    """Return the process's lines up to its end. Charges its CPU time to the request.

    A killed process can't report its CPU time, so its wall time counts, up to its CPU limit.
    """
    began, answer = time.monotonic(), b""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "domain.media.probe", *files,
        pass_fds=handles, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env={}, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer, _ = await process.communicate()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        lines = [_LINES.decode(line) for line in answer.splitlines(keepends=True) if line.endswith(b"\n")]
        spent = [line.seconds for line in lines if isinstance(line, SpentCpuTime)]
        costs.charge_child_cpu(sum(spent) if spent else min(time.monotonic() - began, cpu_limit(len(files))))
    return [line for line in lines if not isinstance(line, SpentCpuTime)]
