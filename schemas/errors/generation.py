"""Reasons why a piece of content can't be made as it was asked for."""

from schemas.errors.base import TenantryError


class GenerationError(TenantryError):
    """`code` is ours and stays the same; `message` tells a person what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class PictureRefused(GenerationError):
    """A logo or screenshot that is no picture, or too large a one."""


class ClipRefused(GenerationError):
    """A clip that no remix can be made of: no video, a damaged or hostile one, too short, small or large."""


class TextRefused(GenerationError):
    """A text that no font here can draw."""


class LibrariesMissing(GenerationError):
    """The extra `generate` isn't installed."""
