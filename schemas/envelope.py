"""The one form of every answer that is an error."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from schemas.base import Out


class Problem(Out, frozen=True, kw_only=True):
    """Branch on `code`; `message` says what to do next; `details` is there where the code has some."""

    code: str
    message: str
    request_id: str
    details: dict[str, Any] | UnsetType = UNSET


class Envelope(Out, frozen=True, kw_only=True):
    """The body of every 4xx and 5xx."""

    error: Problem


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One of a VALIDATION's `details.issues`."""

    path: str
    message: str
