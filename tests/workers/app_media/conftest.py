"""A project and its fetches, a sandbox project, and a simulated network."""

from pathlib import Path

import pytest

from tests.workers.app_media.fetching import MediaFetches, open_fetches
from tests.workers.tasks.conftest import project, sandbox
from tests.workers.tasks.project import IngestProject

__all__ = ["project", "sandbox"]


@pytest.fixture
def fetching(project: IngestProject, tmp_path: Path) -> MediaFetches:
    return open_fetches(project, tmp_path)
