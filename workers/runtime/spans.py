"""Spans of attempts: of each one, its steps, the jobs that it submits, and its settlement."""

from collections.abc import Sequence

from jobs.outcomes import Failed, Retry
from schemas import ids
from telemetry import logs, tracing
from telemetry.tracing import SubmittedJobToTrace
from workers.runtime.slots import AttemptVerdict, JobAttempt

_log = logs.get_logger("runner")


def begin_attempt_span(attempt: JobAttempt) -> None:
    """Begin the trace span of a job's attempt in its job's trace; do nothing without a span recorder."""
    if recorder := tracing.get_process_span_recorder():
        claim = attempt.claim
        attributes: dict[str, str | int] = {
            "tenantry.job.id": ids.format_prefixed_id(ids.JOB_ID_PREFIX, claim.id),
            "tenantry.job.attempt": claim.attempt,
            "tenantry.organization.id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, claim.organization_id),
        }
        if claim.project_id is not None:
            attributes["tenantry.project.id"] = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, claim.project_id)
        if request := ids.request_id_of_job(claim.id):
            attributes["tenantry.request.id"] = ids.format_prefixed_id(ids.REQUEST_ID_PREFIX, request)
        attempt.span = recorder.begin_attempt_span(claim.id, claim.kind, attributes)


def end_attempt_span(attempt: JobAttempt, verdict: AttemptVerdict) -> None:
    """End the trace span of a job's attempt with the attempt's outcome; do nothing without a span.

    A failure or a retry also has its error code, but not its message.
    """
    if attempt.span is None:
        return
    attempt.span.set_attributes({"tenantry.outcome": attempt.committed or verdict.word})
    if not attempt.committed and isinstance(verdict, Failed | Retry):
        attempt.span.mark_failed(verdict.code)
    attempt.span.end()


def log_and_trace_attempt_submits(attempt: JobAttempt, submits: Sequence[SubmittedJobToTrace]) -> None:
    """Log and trace the jobs that an attempt has submitted, after the commit; their ids don't show the attempt."""
    recorder = tracing.get_process_span_recorder()
    for submit in submits:
        if recorder and attempt.span:
            recorder.record_job_submit(attempt.span, submit)
        _log.info(
            "job made", made_job_id=ids.format_prefixed_id(ids.JOB_ID_PREFIX, submit.job_id), made_kind=submit.kind
        )


def record_settlement_spans(attempts: Sequence[JobAttempt], began: int) -> None:
    """Record a trace span `settle` for each of these attempts, from `began` until now, after the commit."""
    recorder, end = tracing.get_process_span_recorder(), tracing.current_unix_time_ns()
    for attempt in attempts:
        if recorder and attempt.span:
            recorder.begin_child_span(attempt.span, "settle", "internal", {}, began).end(end)
