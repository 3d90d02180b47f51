"""Failures of a language model: an ingest continues without it."""

from typing import ClassVar

from schemas.errors.base import TenantryError


class LanguageModelError(TenantryError):
    """An error of the model. `code` begins the warning in the ingest's result."""

    code: ClassVar[str] = "llm_unavailable"


class LanguageModelUnavailable(LanguageModelError):
    """The endpoint returned no completion; `retry_after` is its own value, in seconds."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LanguageModelFormatRefused(LanguageModelUnavailable):
    """The endpoint refuses the request as malformed: it may accept one without the schema."""


class LlmOutputInvalid(LanguageModelError):
    """A completion with an invalid form; `wrong` is the explanation that only the model gets."""

    code = "llm_invalid_output"

    def __init__(self, message: str, *, wrong: str) -> None:
        super().__init__(message)
        self.wrong = wrong


class LanguageModelRefusedToAnswer(LanguageModelError):
    """The model refuses to answer; a retry would be refused, too."""

    code = "llm_invalid_output"
