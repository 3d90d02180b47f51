"""The tutorial's API, its callers and its workers, all in the test's own loop."""

from tests.api.conftest import acme, app, rival
from tests.workers.conftest import org, workers

__all__ = ["acme", "app", "org", "rival", "workers"]
