"""Fixtures of the tutorial: the API, its callers and workers, in the test's event loop."""

from tests.api.conftest import acme, app, rival
from tests.workers.conftest import org, workers

__all__ = ["acme", "app", "org", "rival", "workers"]
