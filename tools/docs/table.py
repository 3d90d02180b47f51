"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with one line for each row."""
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
    return "".join(f"{line}\n" for line in lines)


def code(*words: str) -> str:
    """Format words as code, separated by spaces."""
    return " ".join(f"`{word}`" for word in words)


def _line(cells: Iterable[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
