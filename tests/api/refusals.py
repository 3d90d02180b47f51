"""Checks of error answers."""

from typing import Any

import httpx


def assert_refused(answer: httpx.Response, status: int, code: str, path: str | None = None) -> None:
    """Check the status and code of an error, and its field if given."""
    assert answer.status_code == status, (answer.request.method, answer.request.url, answer.text)
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["requestId"] == answer.headers["X-Request-Id"]
    if path is not None:
        assert issue_paths(answer) == [path], error


def problem(answer: httpx.Response) -> tuple[int, str, Any]:
    """Return status, code and details."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("details")


def reason(answer: httpx.Response) -> tuple[int, str, Any]:
    """Return status, code, and a 409's reason, if it has one."""
    status, code, details = problem(answer)
    return status, code, (details or {}).get("reason")


def issue_paths(answer: httpx.Response) -> list[str]:
    """Return the paths of the error's issues."""
    return [issue["path"] for issue in answer.json()["error"]["details"]["issues"]]


def assert_state_refused(answer: httpx.Response) -> None:
    """Check the refusal of an invalid state in a person's callback."""
    assert_refused(answer, 422, "VALIDATION", "state")
    assert "Location" not in answer.headers
