"""Named steps of a task: each commits once for its job; a later attempt reads the stored result."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from db.pool import Conn
from db.queries import job_step
from jobs.ledger import Claim, fenced

T = TypeVar("T")

#: Limits of one job's named steps: their number in an attempt, and the bytes of a result as JSON.
MAX_STEPS, MAX_RESULT = 100, 64 * 1024


class _Found(NamedTuple):
    cancel: bool
    done: bool
    result: Any


LOCK_FOR_STEP = job_step.lock_for_step.typed(_Found)


async def run(conn: Conn, claim: Claim, name: str, body: Callable[[Conn], Awaitable[T]]) -> T:
    """Run the step once for its job; return its result, or the stored result of an earlier attempt.

    The result passes through JSON, in the first run too. Raises `Fenced`, `CancelRequested`.
    """
    job = {"org": claim.organization_id, "id": claim.id}
    found = fenced(await LOCK_FOR_STEP.one(conn, **job, fence=claim.fence, name=name), claim)
    result: T
    if found.done:
        result = found.result
        return result
    result = _as_json(name, await body(conn))
    await job_step.keep_step.run(conn, **job, name=name, result=result)
    return result


def _as_json(name: str, result: Any) -> Any:
    """Return the result as JSON values. Raises TypeError if it isn't JSON, ValueError if it is too large."""
    encoded = msgspec.json.encode(result)
    if len(encoded) > MAX_RESULT:
        raise ValueError(
            f"step {name} returned {len(encoded)} bytes, more than {MAX_RESULT}: store a row instead"
        )
    return msgspec.json.decode(encoded)
