"""Log lines of tests bypass `print`, which may crash while another thread replaces `sys.stdout`."""

import builtins

import pytest

from telemetry import logs
from tests.log_lines import write_logs


def test_no_line_of_a_test_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(builtins, "print", refuse)
    logs.get_logger("test").info("at work")
    logs.get_batched_logger("test").info("at work")
    assert capsys.readouterr().out.count("at work") == 2
    write_logs()
    logs.get_logger("test").info("again")
    assert "again" in capsys.readouterr().out
