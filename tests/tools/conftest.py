"""Fixtures of the command line, which the tools share."""

from tests.cli.conftest import elsewhere, environment, tenantry

__all__ = ["elsewhere", "environment", "tenantry"]
