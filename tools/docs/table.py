"""Markdown tables."""

from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table: the head, then one line for each row. Cells are not escaped."""
    lines = [_format_markdown_row(head), _format_markdown_row(["---"] * len(head)), *map(_format_markdown_row, rows)]
    return "".join(f"{line}\n" for line in lines)


def backtick_words(*words: str) -> str:
    """Put each word in backticks, and join the words with spaces."""
    return " ".join(f"`{word}`" for word in words)


def _format_markdown_row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
