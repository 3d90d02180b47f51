"""The diagram in the docs is the table in the code."""

from pathlib import Path

from domain.publishing import states as post_states
from jobs import states

PAGE = Path(__file__).parents[2] / "docs" / "explain" / "jobs.md"


def test_the_diagram_is_the_table() -> None:
    assert f"```mermaid\n{states.mermaid()}\n```" in PAGE.read_text("utf-8")


def test_the_diagram_of_posts_is_the_table() -> None:
    page = PAGE.with_name("publishing.md").read_text("utf-8")
    assert f"```mermaid\n{post_states.mermaid()}\n```" in page
