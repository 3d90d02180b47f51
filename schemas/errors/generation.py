"""Reasons why a piece of content can't be made as it was asked for."""

from schemas.errors.base import TenantryError


class GenerationError(TenantryError):
    """`code` is ours and stays the same; `message` tells a person what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class PictureRefused(GenerationError):
    """A logo or screenshot that is no picture, or too large a one."""


class TextRefused(GenerationError):
    """A text that no font here can draw."""


class LibrariesMissing(GenerationError):
    """The extra `generate` isn't installed."""
