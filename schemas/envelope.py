"""The envelope of every error answer."""

from typing import Any

from msgspec import UNSET, UnsetType

from schemas.base import ResponseStruct


class Problem(ResponseStruct, frozen=True, kw_only=True):
    """An error."""

    code: str
    """The error code, to branch on."""
    message: str
    """The next step, for people."""
    request_id: str
    """Quote it in questions to us about the request."""
    details: dict[str, Any] | UnsetType = UNSET
    """Further details of some codes: `issues` of `VALIDATION`, `reason` of `CONFLICT`."""


class Envelope(ResponseStruct, frozen=True, kw_only=True):
    """The body of every 4xx and 5xx."""

    error: Problem
    """The error."""
