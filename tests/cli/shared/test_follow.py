"""Progress line of a followed job."""

from typing import Any

import pytest

from cli.shared.follow import describe_followed_job


@pytest.mark.parametrize(
    ("job", "line"),
    [
        ({"phase": "scheduled", "stage": "scheduled"}, "publish_post scheduled"),
        ({"phase": "queued", "stage": "queued"}, "publish_post queued"),
        ({"phase": "running", "stage": "sending"}, "publish_post sending"),
        ({"phase": "waiting", "stage": "scheduled"}, "publish_post waiting"),
        ({"phase": "failed", "stage": "failed"}, "publish_post failed"),
    ],
)
def test_a_waiting_job_is_not_shown_as_running(job: dict[str, Any], line: str) -> None:
    assert describe_followed_job({"kind": "publish_post"} | job) == line
