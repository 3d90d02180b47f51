"""Failures of a language model: an ingest goes on without it."""

from typing import ClassVar

from schemas.errors.base import TenantryError


class ModelError(TenantryError):
    """`code` begins the warning that an ingest's result carries instead."""

    code: ClassVar[str] = "llm_unavailable"


class ModelUnavailable(ModelError):
    """No completion came; `retry_after` is the endpoint's wish in seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelFormatRefused(ModelUnavailable):
    """The endpoint takes the request for a bad one: it may do better without the schema."""


class ModelInvalid(ModelError):
    """A completion came that is not what was asked for; `wrong` tells the model, and no one else, how."""

    code = "llm_invalid_output"

    def __init__(self, message: str, *, wrong: str) -> None:
        super().__init__(message)
        self.wrong = wrong


class ModelRefused(ModelError):
    """The model won't answer, and would not if it were asked again."""

    code = "llm_invalid_output"
