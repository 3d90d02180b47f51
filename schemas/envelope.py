"""The one form of every answer that is an error."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from schemas.base import Out


class Problem(Out, frozen=True, kw_only=True):
    """What went wrong."""

    code: str
    """What went wrong, to branch on."""
    message: str
    """What to do next, for people."""
    request_id: str
    """Name it when you ask us about the request."""
    details: dict[str, Any] | UnsetType = UNSET
    """More, for codes that have more: `issues` of `VALIDATION`, `reason` of `CONFLICT`."""


class Envelope(Out, frozen=True, kw_only=True):
    """The body of every 4xx and 5xx."""

    error: Problem
    """What went wrong."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One of a VALIDATION's `details.issues`."""

    path: str
    message: str
