"""Logs: one JSON object a line, libraries' lines included."""

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pytest

from telemetry import logs
from tests.log_lines import write_logs
from tests.waiting import eventually


class Row(NamedTuple):
    organization_id: UUID
    project_id: UUID | None
    id: UUID
    kind: str


OF_JOB = Row(UUID(int=5), None, UUID(int=7), "ingest_website")


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in logs.QUIET}
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, quiet in levels.items():
        logging.getLogger(name).setLevel(quiet)
    write_logs()


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_an_object_that_says_who_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(process="ingest")
    logs.get("runner").info("retried", **logs.job(OF_JOB, attempt=2))
    (line,) = said(capsys)
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


def test_a_traceback_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(process="ingest")
    try:
        raise ValueError("no good")
    except ValueError:
        logs.get("runner").exception("broke")
    (line,) = said(capsys)
    assert "ValueError: no good" in line["exception"]


def test_libraries_speak_the_same_form_and_the_chatty_ones_only_to_warn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(process="web")
    logging.getLogger("some.library").info("from %s", "afar")
    logging.getLogger("arq.worker").info("one line a job")
    logging.getLogger("arq.worker").warning("a real one")
    assert [line["event"] for line in said(capsys)] == ["from afar", "a real one"]


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
def test_a_github_token_never_comes_out_whole(capsys: pytest.CaptureFixture[str], token: str) -> None:
    logs.configure(process="ingest")
    logs.get("runner").warning(f"asked with {token}", header=f"Bearer {token}", nested={"tokens": [token]})
    logging.getLogger("some.library").warning("sent %s", token)
    try:
        raise ValueError(token)
    except ValueError:
        logs.get("runner").exception("broke")
    written = capsys.readouterr().err
    assert token[:20] not in written
    prefix = "github_pat_" if token.startswith("github_pat_") else token[:4]
    lines = [msgspec.json.decode(line) for line in written.splitlines()]
    assert lines[0]["header"] == f"Bearer {prefix}..."
    assert lines[1]["event"] == f"sent {prefix}..."


def test_the_level_is_a_floor(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(process="web", level="warning")
    logs.get("runner").info("unheard")
    logging.getLogger("some.library").info("unheard")
    assert said(capsys) == []


async def test_gathered_lines_go_out_together_and_soon(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(process="web")
    for number in range(3):
        logs.get_gathering("api").info("request", number=number)
    assert capsys.readouterr().err == ""

    async def come() -> list[dict[str, Any]]:
        return said(capsys)

    lines = await eventually(come)
    assert [line["number"] for line in lines] == [0, 1, 2]
