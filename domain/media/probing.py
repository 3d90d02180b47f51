"""Probing of uploaded files in a sandboxed process (`domain/media/probe.py`)."""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from subprocess import DEVNULL, PIPE

import msgspec

from domain.media.probe import (
    MAX_PROBE_WALL_S,
    READ_ROLES_OPTION,
    FileRefusal,
    MediaMetadata,
    MediaProbeCpuTime,
    ProbeAnswer,
    probe_cpu_limit_s_by_file_count,
)
from domain.media.store import MediaStore
from schemas.errors import InvalidValue
from telemetry import costs

#: Timeout above the process's own.
MAX_MEDIA_PROBE_S = MAX_PROBE_WALL_S + 5.0
#: Environment of the process: numpy starts no threads.
PROBE_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

_PROBE_LINE_DECODER: msgspec.json.Decoder[ProbeAnswer | MediaProbeCpuTime] = msgspec.json.Decoder(
    ProbeAnswer | MediaProbeCpuTime
)


async def probe_media_files(
    store: MediaStore, files: Sequence[tuple[str, str]], *, reads_roles: bool = False
) -> list[MediaMetadata]:
    """Return the metadata of stored files, each given as a token and its sniffed type.

    With `reads_roles` it has the role and the fingerprint of a picture.

    Raises `InvalidValue` for a bad file (`path` is `file[1]` for the second), `ServiceUnavailable` without storage.
    """
    async with AsyncExitStack() as stack:
        handles = [await stack.enter_async_context(store.open_object_file(token)) for token, _ in files]
        named = [f"{handle}:{mime}" for handle, (_, mime) in zip(handles, files, strict=True)]
        answers = await _run_probe_process([READ_ROLES_OPTION, *named] if reads_roles else named, handles)
    metadata = [answer for answer in answers if isinstance(answer, MediaMetadata)]
    if len(metadata) < len(files):
        last = answers[-1] if answers else None
        why = last.why if isinstance(last, FileRefusal) else "can't be read: it takes too long, or breaks the reader"
        raise InvalidValue(f"file[{len(metadata)}]", why)
    return metadata


async def _run_probe_process(arguments: list[str], handles: list[int]) -> list[ProbeAnswer]:
    """Run the probe process with these arguments; return its answers, at most one for each file.

    Returns fewer answers if the process was killed or refused a file. Charges its CPU time to the request.

    A killed process can't report its CPU time, so its wall time counts, up to its CPU limit.
    """
    began, answer = time.monotonic(), b""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "domain.media.probe", *arguments,
        pass_fds=handles, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env=PROBE_ENVIRONMENT, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(MAX_MEDIA_PROBE_S):
            answer, _ = await process.communicate()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        lines = [_PROBE_LINE_DECODER.decode(line) for line in answer.splitlines(keepends=True) if line.endswith(b"\n")]
        spent = [line.seconds for line in lines if isinstance(line, MediaProbeCpuTime)]
        costs.charge_child_process_cpu_to_request(
            sum(spent) if spent else min(time.monotonic() - began, probe_cpu_limit_s_by_file_count(len(handles)))
        )
    return [line for line in lines if not isinstance(line, MediaProbeCpuTime)]
