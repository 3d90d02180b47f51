"""What processes say: an event with fields, one JSON object a line on stderr; readable lines on a terminal.

`info` is what a person needs to know once; what happens for every job or request is `debug` or a
metric. The fields that several places log have one spelling, here.
"""

import logging
import sys
from typing import Any
from uuid import UUID

import msgspec
import structlog

from schemas import ids

#: Libraries that say at `info` what we count as metrics or know already.
QUIET = ("arq", "asyncio", "httpx", "httpcore", "granian.access")


def configure(*, process: str, level: str = "info") -> None:
    """Call once, first; `process` says which one speaks, such as `ingest` or `web`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared = _shared(process)
    structlog.configure(
        processors=[*shared, *_render()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _route_stdlib(number, shared)


def get(name: str) -> Any:
    """A logger whose lines name the part of the product that speaks."""
    return structlog.get_logger(part=name)


def job(job_id: UUID, kind: str, attempt: int) -> dict[str, Any]:
    """The fields of every line about a job."""
    return {"job_id": ids.show(ids.JOB, job_id), "kind": kind, "attempt": attempt}


def _shared(process: str) -> list[structlog.types.Processor]:
    def name_process(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["process"] = process
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        name_process,
    ]


def _render() -> list[structlog.types.Processor]:
    if sys.stderr.isatty():
        return [
            structlog.dev.ConsoleRenderer(
                timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_encode)]


def _encode(event: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _route_stdlib(number: int, shared: list[structlog.types.Processor]) -> None:
    """Lines of libraries, in the same form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render()],
        )
    )
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
