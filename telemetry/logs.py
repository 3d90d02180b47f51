"""Logs of processes: events with fields, one JSON object a line on stderr; readable lines on a terminal.

Level `info` has one-time events and one line for each request. Per-job events are `debug` or a metric. This
module defines the field names that several modules log.
"""

import asyncio
import atexit
import logging
import re
import sys
from typing import Any, Protocol, TextIO, cast
from uuid import UUID

import msgspec
import structlog

from schemas import ids
from telemetry import log_context, tracing

LOG_BATCH_DELAY_S = 0.1
_GET_LOGGER_BATCHED_ARG = "batched"

#: Libraries with noisy logs, and the lowest level logged of each. Metrics cover the dropped lines. A
#: pool of asyncpg warns, with a traceback, of each failed connection while Postgres is away.
MIN_LIBRARY_LOG_LEVELS = {
    **dict.fromkeys(("arq", "asyncio", "httpx", "httpcore", "uvicorn.error"), logging.WARNING),
    "asyncpg.pool": logging.ERROR,
}


if not structlog.is_configured():
    # A process that doesn't configure its logging is a command, and its stdout is the answer of the command.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )


def configure_logging(*, process: str, level: str = "info") -> None:
    """Configure logging from `level` up; call once, first. `process` names this process, such as `ingest` or `web`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared_log_processors(process)
    structlog.configure(
        processors=[*shared, *_log_renderers()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StreamLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _route_library_logs(number, shared)


def get_logger(name: str) -> Any:
    """Return a structured logger with `name` as the field `part` of its lines."""
    return structlog.get_logger(part=name)


def get_batched_logger(name: str) -> Any:
    """Return a logger for frequent lines of an event loop, written in batches, up to `LOG_BATCH_DELAY_S` late."""
    return structlog.get_logger(_GET_LOGGER_BATCHED_ARG, part=name)


class JobToLog(Protocol):
    """The fields of a job's row that log lines show; the row may come from a claim or another statement."""

    @property
    def organization_id(self) -> UUID: ...
    @property
    def project_id(self) -> UUID | None: ...
    @property
    def id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...


def job_log_fields(row: JobToLog, *, attempt: int | None = None) -> dict[str, Any]:
    """Return a job's log fields that have a value: ids, kind, attempt, trace; its id gives the request's id."""
    request = ids.request_id_of_job(row.id)
    fields = {
        "request_id": request and ids.format_prefixed_id(ids.REQUEST_ID_PREFIX, request),
        "organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, row.organization_id),
        "project_id": row.project_id and ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, row.project_id),
        "job_id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, row.id),
        "kind": row.kind,
        "attempt": attempt,
        **tracing.trace_id_log_fields(tracing.find_request_or_job_id_at_trace_root(row.id)),
    }
    return {name: value for name, value in fields.items() if value is not None}


def post_log_fields(organization_id: UUID, post_id: UUID) -> dict[str, Any]:
    """Return the log fields `organization_id` and `post_id` of a scheduled post, in addition to its job's fields."""
    return {
        "organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id),
        "post_id": ids.format_prefixed_id(ids.POST_ID_PREFIX, post_id),
    }


#: GitHub tokens, by prefix: app, user and personal access tokens (personal ones may contain dots).
_GITHUB_TOKEN_PATTERN = re.compile(r"\b(gh[opsru]_|github_pat_)[A-Za-z0-9._-]+")


class _StreamLoggerFactory:
    """Factory of loggers that write to one stream."""

    def __init__(self, stream: TextIO) -> None:
        self._direct = structlog.WriteLogger(stream)
        self._batched = structlog.WriteLogger(cast("TextIO", _BatchedLogStream(stream)))

    def __call__(self, *options: str) -> structlog.WriteLogger:
        return self._batched if _GET_LOGGER_BATCHED_ARG in options else self._direct


class _BatchedLogStream:
    """Buffered stream for an event loop: a system call for each line would cost more than the line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        atexit.register(self._write_log_batch)

    def write(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(LOG_BATCH_DELAY_S, self._write_log_batch)
        self._lines.append(line)

    def flush(self) -> None:
        """Do nothing: the batched log lines are written and flushed later."""

    def _write_log_batch(self) -> None:
        lines, self._lines = self._lines, []
        if lines and not self._stream.closed:
            self._stream.write("".join(lines))
            self._stream.flush()


def add_work_cause_log_fields(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Add the current request's or attempt's fields to a log line, except those it has; return the line."""
    if cause := log_context.current_cause():
        for name, value in cause.log_fields().items():
            event.setdefault(name, value)
    return event


def _shared_log_processors(process: str) -> list[structlog.types.Processor]:
    def name_process(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["process"] = process
        return event

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        name_process,
        add_work_cause_log_fields,
    ]


def _log_renderers() -> list[structlog.types.Processor]:
    if sys.stderr.isatty():
        return [
            structlog.dev.ConsoleRenderer(timestamp_key="at", exception_formatter=structlog.dev.plain_traceback),
            _redact_github_tokens_in_log_line,
        ]
    return [structlog.processors.format_exc_info, _encode_log_line, _redact_github_tokens_in_log_line]


def _redact_github_tokens_in_log_line(_: Any, __: str, line: Any) -> str:
    """Replace GitHub tokens in a rendered log line, in any field, by their prefix and `...`; return the line."""
    # A plain-text search costs a fiftieth of the pattern's, and most lines have no token.
    return _GITHUB_TOKEN_PATTERN.sub(r"\1...", line) if "gh" in line or "github_pat_" in line else line


def _encode_log_line(_: Any, __: str, event: structlog.types.EventDict) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _route_library_logs(number: int, shared: list[structlog.types.Processor]) -> None:
    """Write libraries' log lines to stderr in our format, from the level in `MIN_LIBRARY_LOG_LEVELS` for noisy ones."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_log_renderers()],
        )
    )
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name, minimum in MIN_LIBRARY_LOG_LEVELS.items():
        logging.getLogger(name).setLevel(max(number, minimum))
