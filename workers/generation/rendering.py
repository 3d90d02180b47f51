"""Rendering of one piece in a process of its own. The process ends with the block that reads its reports."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import msgspec

from generation.outputs import RenderedFile
from jobs.outcomes import Failed, Retry
from telemetry import logs
from workers.generation.protocol import (
    CopyReadyReport,
    RenderProgressReport,
    RenderRefusedReport,
    RenderReport,
    RenderRequest,
)

#: Longest line from the process in bytes: a copy, or the texts of a file.
MAX_RENDER_REPORT_LINE_BYTES = 1 << 20
#: Bytes of the end of its stderr to log.
MAX_LOGGED_STDERR_BYTES = 2000

#: Environment variables with the path of a program.
ENVIRONMENT_VARIABLES_PASSED_TO_RENDERER = ("IMAGEIO_FFMPEG_EXE",)
ONE_THREAD_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

RENDER_TOO_COSTLY_FAILURE = Failed("TOO_COSTLY", "the piece exceeded its CPU limit: give fewer or smaller files")
RENDERER_KILLED_RETRY = Retry(
    "RENDERER_KILLED", "the process that made the piece was killed: the job is repeated while it has attempts left"
)
RENDERER_CRASHED_FAILURE = Failed("RENDERER_CRASHED", "a file or the piece crashed its process: give other files")
RENDERER_INTERNAL_ERROR_RETRY = Retry(
    "RENDERER_BROKE",
    "the process that made the piece failed with an internal error: the job is repeated while it has attempts left",
)

_log = logs.get_logger("rendering")


class RenderFailed(Exception):
    """The attempt makes no piece; `outcome` is the attempt's."""

    def __init__(self, outcome: Failed | Retry) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


async def render_in_child_process(
    asked: RenderRequest, handles: Sequence[int]
) -> AsyncGenerator[CopyReadyReport | RenderProgressReport, None]:
    """Render a piece, portrait or poster in a child process; yield its reports of progress up to the last file.

    `handles` are its open input files. Closing the generator ends the process and its children. Raise `RenderFailed`.
    """
    errors = Path(asked.folder, "stderr")
    async with _open_renderer_process(asked, handles, errors) as process:
        assert process.stdout  # noqa: S101  it is a pipe
        async for line in process.stdout:
            yield _require_render_progress_report(msgspec.json.decode(line, type=RenderReport))
        code = await process.wait()
    if code:
        _log.warning("the renderer failed", code=code, said=_read_stderr_tail(errors))
        raise RenderFailed(outcome_of_renderer_exit_code(code))


async def render_portrait_or_video_poster(asked: RenderRequest, handles: Sequence[int]) -> RenderedFile:
    """Render a portrait or poster in a child process, and return its only file. Raises `RenderFailed`."""
    async with aclosing(render_in_child_process(asked, handles)) as reports:
        outputs = [report.made async for report in reports if isinstance(report, RenderProgressReport) and report.made]
    return outputs[0]


@asynccontextmanager
async def _open_renderer_process(asked: RenderRequest, handles: Sequence[int], errors: Path) -> AsyncIterator[Process]:
    environment = {name: os.environ[name] for name in ENVIRONMENT_VARIABLES_PASSED_TO_RENDERER if name in os.environ}
    with errors.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.generation.child",
            pass_fds=handles, stdin=PIPE, stdout=PIPE, stderr=stderr, limit=MAX_RENDER_REPORT_LINE_BYTES,
            start_new_session=True, env=environment | ONE_THREAD_ENVIRONMENT | {"TMPDIR": asked.folder},
        )  # fmt: skip
    try:
        assert process.stdin  # noqa: S101  it is a pipe; closing it ends the process
        process.stdin.write(msgspec.json.encode(asked) + b"\n")
        yield process
    finally:
        await _kill_renderer_group_and_wait(process)


async def _kill_renderer_group_and_wait(process: Process) -> None:
    """Kill a renderer with all processes of its group, and wait for its end, even if this task is canceled.

    The others of the group outlive a renderer that was killed alone, for example by the kernel's OOM killer.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
    if process.stdin:
        process.stdin.close()


def _require_render_progress_report(report: RenderReport) -> CopyReadyReport | RenderProgressReport:
    """Return a renderer's report of progress unchanged; raise `RenderFailed` for its report of a failure.

    Its outcome is final if the piece was refused, and a retry if memory or disk ran out.
    """
    if isinstance(report, RenderRefusedReport):
        raise RenderFailed(
            Retry(report.code, report.message) if report.for_now else Failed(report.code, report.message)
        )
    return report


def outcome_of_renderer_exit_code(code: int) -> Failed | Retry:
    """Return the outcome for a renderer's exit code: retry after SIGKILL, SIGTERM or an internal error, else failed."""
    if code == -signal.SIGXCPU:
        return RENDER_TOO_COSTLY_FAILURE
    if code >= 0:
        return RENDERER_INTERNAL_ERROR_RETRY
    return RENDERER_KILLED_RETRY if -code in {signal.SIGKILL, signal.SIGTERM} else RENDERER_CRASHED_FAILURE


def _read_stderr_tail(file: Path) -> str:
    return file.read_bytes()[-MAX_LOGGED_STDERR_BYTES:].decode(errors="replace")
