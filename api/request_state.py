"""One request and its answer, as far as known: what headers, the access log and metrics say of it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from api.budgets import Bucket
from api.event_limits import EventStanding
from api.probation import Probation
from api.ratelimit import Class, Standing
from domain.apps.app_keys import KeyedApp
from domain.tenancy.api_keys import Principal
from schemas import ids
from telemetry import tracing
from telemetry.costs import Cost
from telemetry.tracing import Submit

NOT_MODIFIED = 304

#: The least status of an error.
BAD = 400
#: The least status of a fault of ours.
FAULT = 500

#: No browser is to take an answer for another type than it says.
NOSNIFF = (b"x-content-type-options", b"nosniff")

#: A page of any origin may read the answer, and when to come again. It has no credentials of ours to send.
FOR_PAGES = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
]


class RequestState:
    """Made before routing; authentication, rate limit, route and errors each add what they learn."""

    __slots__ = (
        "ahead",
        "app",
        "bits",
        "body",
        "code",
        "cost",
        "event_standing",
        "for_pages",
        "headers",
        "id",
        "job_ids",
        "payer",
        "principal",
        "probation",
        "rate_class",
        "standing",
        "started",
        "status",
        "submits",
    )

    #: Its span is made once it has its answer, and of what is done for it only the submits are.
    span = None

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.bits = ids.new_request()
        self.id = ids.show_bits(ids.REQUEST, self.bits)
        self.started = time.perf_counter()
        #: The last one of each name, in lower case.
        self.headers: Mapping[bytes, bytes] = dict(headers)
        #: The route's class; None where no limit applies: no such route, or one that asks for no key.
        self.rate_class: str | None = None
        self.principal: Principal | None = None
        self.probation: Probation | None = None
        self.standing: Standing | None = None
        #: Of a request with events, which pages of any origin may send: its app, and how that stands.
        self.for_pages = False
        self.app: KeyedApp | None = None
        self.event_standing: EventStanding | None = None
        self.status = 0
        #: Of a sandbox: how far its clock was ahead as the answer was read, or the write held it.
        self.ahead = timedelta()
        #: Once it was read whole.
        self.body: bytes | None = None
        #: The envelope's code, where the answer is an error.
        self.code: str | None = None
        #: Jobs that it has made, and the number of ids of jobs.
        self.submits: list[Submit] = []
        self.job_ids = 0
        self.cost = Cost()
        #: The bucket that pays for it, once known; None for a stranger's request, or one over a limit.
        self.payer: Bucket | None = None

    @property
    def organization_id(self) -> UUID | None:
        """Of the key or app that it came with."""
        owner = self.principal or self.app
        return owner and owner.organization_id

    def log_fields(self) -> dict[str, str]:
        """The fields of lines that are logged while it is answered."""
        who = self.organization_id
        owner = {} if who is None else {"organization_id": ids.show(ids.ORGANIZATION, who)}
        return {"request_id": self.id, **owner, **tracing.fields(UUID(int=self.bits))}

    def new_job_id(self) -> UUID:
        """By it whoever has the job knows this request; one of too many jobs doesn't tell."""
        self.job_ids += 1
        if self.job_ids > ids.MOST_OF_REQUEST:
            return ids.new()
        return ids.of_request(self.bits, self.job_ids)

    def submitted(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        self.submits.append(Submit(kind, project_id, job_id, tracing.now()))

    @property
    def made(self) -> Sequence[Submit]:
        """The jobs that it has made: none where it was refused."""
        return self.submits if self.status < BAD else ()

    @property
    def free(self) -> bool:
        """True for a poll that found nothing new, and a refused request to start something.

        A refusal still counts as one of the day's writes, which bounds refusals.
        """
        refused = BAD <= self.status < FAULT and self.rate_class == Class.LONG_RUNNING
        return self.status == NOT_MODIFIED or (refused and self.standing is not None and self.standing.passed)

    def answer_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer, whichever route or error makes it."""
        answer = [(b"x-request-id", self.id.encode()), NOSNIFF]
        if self.for_pages:
            answer += FOR_PAGES
        if self.rate_class is not None:
            answer.append((b"x-ratelimit-endpoint-class", self.rate_class.encode()))
        return answer + self._limits()

    def _limits(self) -> list[tuple[bytes, bytes]]:
        if self.event_standing is not None:
            return self.event_standing.headers()
        if self.standing is not None:
            return (self.standing.given_back() if self.free else self.standing).headers()
        return [] if self.probation is None else self.probation.headers()


def of(scope: Mapping[str, Any]) -> RequestState:
    """The state that an ASGI scope belongs to."""
    found: RequestState = scope["state"]["request_state"]
    return found
