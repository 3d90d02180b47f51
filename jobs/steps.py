"""Named steps of a task: each commits once for its job; a later attempt reads the stored result."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from db.pool import Conn
from db.queries import job_step
from jobs.ledger import JobClaim, check_job_fence

T = TypeVar("T")

#: Named steps of an attempt at most.
MAX_NAMED_STEPS_PER_ATTEMPT = 100
#: Bytes of a named step's result as JSON at most.
MAX_STEP_RESULT_BYTES = 64 * 1024


class _LockedJobStepRow(NamedTuple):
    cancel: bool
    done: bool
    result: Any


LOCK_JOB_FOR_STEP = job_step.lock_for_step.typed(_LockedJobStepRow)


async def run_named_step(conn: Conn, claim: JobClaim, name: str, body: Callable[[Conn], Awaitable[T]]) -> T:
    """Run a named step of a job once; return its result, or the result stored by an earlier attempt.

    The result passes through JSON in each run. Raises `AttemptFenced`, `JobCancelRequested`, ValueError if large.
    """
    job = {"org": claim.organization_id, "id": claim.id}
    row = check_job_fence(await LOCK_JOB_FOR_STEP.one(conn, **job, fence=claim.fence, name=name), claim)
    result: T
    if row.done:
        result = row.result
        return result
    result = _copy_step_result_through_json(name, await body(conn))
    await job_step.keep_step.run(conn, **job, name=name, result=result)
    return result


def _copy_step_result_through_json(name: str, result: Any) -> Any:
    """Return a step's result encoded as JSON and decoded again, so that each attempt gets equal values.

    Raise TypeError if it can't be JSON, ValueError if it is over `MAX_STEP_RESULT_BYTES`.
    """
    encoded = msgspec.json.encode(result)
    if len(encoded) > MAX_STEP_RESULT_BYTES:
        raise ValueError(
            f"step {name} returned {len(encoded)} bytes, more than {MAX_STEP_RESULT_BYTES}: store a row instead"
        )
    return msgspec.json.decode(encoded)
