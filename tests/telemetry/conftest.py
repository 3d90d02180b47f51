"""Fixtures: the API, its callers and workers in the test's own loop, and their recorded spans."""

from collections.abc import Iterator

import pytest

from tests.api.conftest import acme, app
from tests.telemetry.spans import Spans, record_spans
from tests.workers.conftest import org, workers

__all__ = ["acme", "app", "org", "workers"]


@pytest.fixture
def spans() -> Iterator[Spans]:
    with record_spans() as made:
        yield made
