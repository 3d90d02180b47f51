"""A project, one of a sandbox, and a network without a wire."""

from tests.workers.tasks.conftest import project, sandbox

__all__ = ["project", "sandbox"]
