"""3. A task's return value decides its job's next state.

`Done`, `Failed`, `Retry` and `Snooze` are values. Any exception of a task is a retry.
"""

from collections.abc import Iterator

from jobs.outcomes import Done, Failed, Retry, Snooze, TaskOutcome
from tests.workers.runtime.workers import Workers
from workers.runtime.context import TaskContext
from workers.runtime.runner import JobTask


def task_returning(*outcomes: TaskOutcome) -> JobTask:
    """Return a task with these outcomes in order."""
    remaining: Iterator[TaskOutcome] = iter(outcomes)

    async def act(_: TaskContext) -> TaskOutcome:
        return next(remaining)

    return act


async def test_a_retry_spends_an_attempt(workers: Workers) -> None:
    async with workers.working(task_returning(Retry("SOURCE_BUSY", "Try later.", after_s=0), Done())):
        job_id = await workers.submit()
        job = await workers.ended(job_id)
    assert (job["state"], job["attempt"]) == ("completed", 2)
    assert await workers.attempts(job_id) == ["retry", "completed"]


async def test_a_snooze_spends_no_attempt(workers: Workers) -> None:
    async with workers.working(task_returning(Snooze(after_s=0), Done())):
        job_id = await workers.submit()
        job = await workers.ended(job_id)
    assert (job["state"], job["attempt"]) == ("completed", 1)
    assert await workers.attempts(job_id) == ["snoozed", "completed"]


async def test_after_the_last_attempt_a_retry_is_a_failure(workers: Workers) -> None:
    busy = Retry("SOURCE_BUSY", "Try later.", after_s=0)
    job = await workers.run(task_returning(busy, busy, busy))
    assert (job["state"], job["attempt"], job["max_attempts"]) == ("failed", 3, 3)
    assert job["error"] == {"code": "SOURCE_BUSY", "message": "Try later.", "retryable": True}


async def test_a_failure_is_final_at_once(workers: Workers) -> None:
    job = await workers.run(task_returning(Failed("NOT_HTML", "That is a PDF: send the address of a page.")))
    assert (job["state"], job["attempt"]) == ("failed", 1)
    assert job["error"]["retryable"] is False
