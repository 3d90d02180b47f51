"""Fixture: a patient Redis limit."""

import pytest

from api.limits import rate_limits


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the time limit of Redis for a busy machine: a slow Redis lets requests pass uncharged."""
    monkeypatch.setattr(rate_limits, "MAX_REDIS_WAIT_S", 60.0)
