"""The diagram in the docs is the table in the code."""

from pathlib import Path

from jobs import states

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "jobs.md"


def test_the_diagram_is_the_table() -> None:
    assert f"```mermaid\n{states.mermaid()}\n```" in PAGE.read_text("utf-8")
