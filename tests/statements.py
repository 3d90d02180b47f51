"""Counts of a block's statements, by their names."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from db.queries import Query


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count each query's runs in this process, without begins and commits."""
    seen: Counter[str] = Counter()
    ordered = Query._ordered_values

    def noting(query: Query, values: dict[str, Any]) -> list[Any]:
        seen[query.name] += 1
        return ordered(query, values)

    with patch.object(Query, "_ordered_values", noting):
        yield seen
