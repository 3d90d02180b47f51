"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table: the head, then one line for each row. Cells are not escaped."""
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "".join(f"{line}\n" for line in lines)


def code(*words: str) -> str:
    """Put each word in backticks, and join the words with spaces."""
    return " ".join(f"`{word}`" for word in words)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
