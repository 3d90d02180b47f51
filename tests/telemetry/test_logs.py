"""Logs: one JSON object a line, libraries' lines included."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest

from telemetry import logs
from tests.log_lines import write_logs
from tests.waiting import eventually


class StoredJob(NamedTuple):
    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str


JOB = StoredJob(UUID(int=5), None, UUID(int=7), "ingest_website")


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root, levels = (logging.getLogger(), {name: logging.getLogger(name).level for name in logs.MIN_LIBRARY_LOG_LEVELS})
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, previous in levels.items():
        logging.getLogger(name).setLevel(previous)
    write_logs()


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in capsys.readouterr().err.splitlines()]


def test_line_has_process_part_and_job_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(process="ingest")
    logs.get_logger("runner").info("retried", **logs.job_log_fields(JOB, attempt=2))
    (line,) = read_lines(capsys)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "retried",
        "level": "info",
        "process": "ingest",
        "part": "runner",
        "organization_id": "org_00000000-0000-0000-0000-000000000005",
        "job_id": "job_00000000-0000-0000-0000-000000000007",
        "kind": "ingest_website",
        "attempt": 2,
    }


def test_traceback_is_a_field_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(process="ingest")
    try:
        raise ValueError("no good")
    except ValueError:
        logs.get_logger("runner").exception("broke")
    (line,) = read_lines(capsys)
    assert "ValueError: no good" in line["exception"]


def test_library_lines_are_json_and_quiet_below_warning(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(process="web")
    logging.getLogger("some.library").info("from %s", "afar")
    logging.getLogger("arq.worker").info("one line a job")
    logging.getLogger("arq.worker").warning("a real one")
    assert [line["event"] for line in read_lines(capsys)] == ["from afar", "a real one"]


TOKENS = (
    "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJJdjEifQ." + "x-_Y" * 120,
    "gho_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghr_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghu_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0_abcdefghijklmnopqrstuvwxyz",
)


@pytest.mark.parametrize("token", TOKENS)
def test_github_token_is_redacted(capsys: pytest.CaptureFixture[str], token: str) -> None:
    logs.configure_logging(process="ingest")
    logs.get_logger("runner").warning(f"asked with {token}", header=f"Bearer {token}", nested={"tokens": [token]})
    logging.getLogger("some.library").warning("sent %s", token)
    try:
        raise ValueError(token)
    except ValueError:
        logs.get_logger("runner").exception("broke")
    written = capsys.readouterr().err
    assert token[:20] not in written
    prefix = "github_pat_" if token.startswith("github_pat_") else token[:4]
    lines = [msgspec.json.decode(line) for line in written.splitlines()]
    assert lines[0]["header"] == f"Bearer {prefix}..."
    assert lines[1]["event"] == f"sent {prefix}..."


def test_lines_below_the_level_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(process="web", level="warning")
    logs.get_logger("runner").info("unheard")
    logging.getLogger("some.library").info("unheard")
    assert read_lines(capsys) == []


async def test_batched_lines_are_written_together(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(process="web")
    for number in range(3):
        logs.get_batched_logger("api").info("request", number=number)
    assert capsys.readouterr().err == ""

    async def read() -> list[dict[str, Any]]:
        return read_lines(capsys)

    lines = await eventually(read)
    assert [line["number"] for line in lines] == [0, 1, 2]


def test_a_process_that_configures_no_logging_keeps_its_stdout_clean() -> None:
    """Such as a command: its stdout is its answer, often one JSON document."""
    script = "from telemetry import logs; log = logs.get_logger('redis'); log.info('at work'); log.warning('away')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert (done.stdout, "at work" in done.stderr, "away" in done.stderr) == ("", False, True)
