"""A project, a sandbox project, and a simulated network."""

from tests.workers.tasks.conftest import project, sandbox

__all__ = ["project", "sandbox"]
