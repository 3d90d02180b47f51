"""State of one request and its response, from which headers, access log and metrics are made."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from api.limits.cost_budgets import CostBudgetBucket
from api.limits.event_limits import AppEventLimitState
from api.limits.rate_limits import RateClass, RateLimitState
from domain.apps.app_keys import SdkAppOfEventRequest
from domain.jobs.jobs import VersionedJob
from domain.tenancy.api_keys import Principal
from schemas import ids
from telemetry import tracing
from telemetry.costs import RequestCostMeter
from telemetry.tracing import SubmittedJobToTrace

#: Stands for the path of a request without a route, in metrics and logs.
UNMATCHED_ROUTE_LABEL = "unmatched"

NOT_MODIFIED_STATUS = 304

#: The lowest status of an error.
MIN_ERROR_STATUS = 400
#: The lowest status of a server error.
MIN_SERVER_ERROR_STATUS = 500

#: Browsers must not guess another content type.
NOSNIFF_HEADER = (b"x-content-type-options", b"nosniff")

#: CORS headers: pages of any origin may read the response and `Retry-After`. No credentials are involved.
CORS_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After, X-Request-Id"),
]


class WrongKeyBudgetOfAddress(NamedTuple):
    """The failure budget of an address that sent an unknown key. Only failures count."""

    limit: int
    left: int
    resets_in: int
    window_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        policy = f'"unknown-keys";q={self.limit};w={self.window_s}'
        state = f'"unknown-keys";r={self.left};t={self.resets_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class RequestState:
    """Holds the data of one request and of its response.

    It is created before routing. Authentication, rate limit, route and error handler add their results.
    """

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
        "polled_job",
        "principal",
        "probation",
        "rate_class",
        "standing",
        "started",
        "status",
        "submits",
    )

    #: The request's span is created with its response; its children are only the submits.
    span = None

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.bits = ids.new_request_id_bits()
        self.id = ids.format_prefixed_id_bits(ids.REQUEST_ID_PREFIX, self.bits)
        self.started = time.perf_counter()
        #: The last value of each header; names in lower case.
        self.headers: Mapping[bytes, bytes] = dict(headers)
        #: The route's class; None for an unknown route, or a route without a key.
        self.rate_class: str | None = None
        self.principal: Principal | None = None
        #: Of a poll: the job, if the statement that read the key found it.
        self.polled_job: VersionedJob | None = None
        self.probation: WrongKeyBudgetOfAddress | None = None
        self.standing: RateLimitState | None = None
        #: Only of requests with events, which pages of any origin may send: the app and its limits.
        self.for_pages = False
        self.app: SdkAppOfEventRequest | None = None
        self.event_standing: AppEventLimitState | None = None
        self.status = 0
        #: Of a sandbox: the offset of its clock at the read, or while the write held it.
        self.ahead = timedelta()
        #: The body, once it is read completely.
        self.body: bytes | None = None
        #: The envelope's error code, if the response is an error.
        self.code: str | None = None
        #: Submitted jobs, and the number of job ids derived from this request.
        self.submits: list[SubmittedJobToTrace] = []
        self.job_ids = 0
        self.cost = RequestCostMeter()
        #: The bucket that pays for the request; None until known, without a key, and over a limit.
        self.payer: CostBudgetBucket | None = None

    @property
    def organization_id(self) -> UUID | None:
        """Return the organization of the request's API key or app key; None without a key."""
        owner = self.principal or self.app
        return owner and owner.organization_id

    def log_fields(self) -> dict[str, str]:
        """Return the fields of each log line during this request."""
        who = self.organization_id
        owner = {} if who is None else {"organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, who)}
        return {"request_id": self.id, **owner, **tracing.trace_id_log_fields(UUID(int=self.bits))}

    def new_job_id(self) -> UUID:
        """Return a job id that contains this request's id; a plain id once the request has too many jobs."""
        self.job_ids += 1
        if self.job_ids > ids.MAX_JOB_IDS_DERIVED_FROM_REQUEST:
            return ids.new_uuid7()
        return ids.build_job_id_of_request(self.bits, self.job_ids)

    def record_submitted_job(self, *, kind: str, project_id: UUID | None, job_id: UUID) -> None:
        self.submits.append(SubmittedJobToTrace(kind, project_id, job_id, tracing.current_unix_time_ns()))

    @property
    def submitted_jobs_to_trace(self) -> Sequence[SubmittedJobToTrace]:
        """Return the jobs that the request submitted; an empty list if its response is an error."""
        return self.submits if self.status < MIN_ERROR_STATUS else ()

    @property
    def is_rate_refundable(self) -> bool:
        """Return whether the request doesn't count: a 304, or a refused request to start a job.

        A refusal still counts as one of the day's writes, which bounds refusals.
        """
        refused = (
            MIN_ERROR_STATUS <= self.status < MIN_SERVER_ERROR_STATUS and self.rate_class == RateClass.LONG_RUNNING
        )
        return self.status == NOT_MODIFIED_STATUS or (refused and self.standing is not None and self.standing.passed)

    def build_response_headers(self) -> list[tuple[bytes, bytes]]:
        """Build the headers that this request's response gets on any route: id, CORS, rate class, limits."""
        answer = [(b"x-request-id", self.id.encode()), NOSNIFF_HEADER]
        if self.for_pages:
            answer += CORS_HEADERS
        if self.rate_class is not None:
            answer.append((b"x-ratelimit-endpoint-class", self.rate_class.encode()))
        return answer + self._build_rate_limit_headers()

    def _build_rate_limit_headers(self) -> list[tuple[bytes, bytes]]:
        if self.event_standing is not None:
            return self.event_standing.headers()
        if self.standing is not None:
            return (self.standing.with_request_uncounted() if self.is_rate_refundable else self.standing).headers()
        return [] if self.probation is None else self.probation.headers()


def request_state_of(scope: Mapping[str, Any]) -> RequestState:
    """Return the state of a request by its ASGI scope."""
    state: RequestState = scope["state"]["request_state"]
    return state
