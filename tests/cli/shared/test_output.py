"""Output is safe for a terminal, and plain in a pipe."""

from io import StringIO

from cli.shared.output import build_rich_console, build_text_table, format_object_fields
from schemas.jobs import CancelAnswer


def printed(*cells: object) -> str:
    out = StringIO()
    build_rich_console(out).print(build_text_table(["A", "B"], [cells]))
    return out.getvalue().splitlines()[1]


def test_a_pipe_gets_one_line_a_row_without_escapes() -> None:
    line = printed("x" * 500, "y" * 500)
    assert line.split() == ["x" * 500, "y" * 500]
    assert "\x1b" not in line


def test_control_characters_are_replaced() -> None:
    assert printed("\x1b[2Jgone\r\n\u202etxt", "[red]b[/]").split() == [
        "\ufffd[2Jgone\ufffd\ufffd\ufffdtxt",
        "[red]b[/]",
    ]


def test_a_card_has_the_json_names_and_fields() -> None:
    lines = format_object_fields(CancelAnswer(job_id="job_1", accepted=True)).plain.splitlines()
    assert [line.split() for line in lines] == [["jobId", "job_1"], ["accepted", "yes"]]
