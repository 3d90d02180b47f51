"""State diagrams of jobs and posts, as Mermaid."""

from collections.abc import Iterable

from domain.publishing.states import POST_TRANSITIONS
from jobs.states import JOB_TRANSITIONS, TERMINAL_JOB_STATES, JobState


def render_job_state_diagram() -> str:
    """Return the states of a job and their transitions as a Mermaid state diagram."""
    ends = [state for state in JobState if state in TERMINAL_JOB_STATES]
    return _render_state_diagram(["queued: submit"], JOB_TRANSITIONS, ends)


def render_post_state_diagram() -> str:
    """Return the states of a post and their transitions as a Mermaid state diagram."""
    starts = ["blocked: scheduled, awaits approval", "queued: scheduled"]
    return _render_state_diagram(starts, POST_TRANSITIONS, ["published", "canceled"])


def _render_state_diagram(
    starts: Iterable[str], transitions: Iterable[tuple[str, str, str]], ends: Iterable[str]
) -> str:
    lines = [
        *(f"[*] --> {start}" for start in starts),
        *(f"{source} --> {target}: {why}" for source, target, why in transitions),
        *(f"{end} --> [*]" for end in ends),
    ]
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in lines)])
