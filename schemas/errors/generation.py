"""Reasons why content can't be generated as requested."""

from schemas.errors.base import TenantryError


class GenerationError(TenantryError):
    """Content can't be generated. `code` is Tenantry's own and stable; `message` is the remedy for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class PictureRefused(GenerationError):
    """A logo or screenshot that is no image, or is too large."""


class ClipRefused(GenerationError):
    """A clip that can't be remixed: no video, damaged, hostile, too short, too small or too large."""


class UndrawableTextRefused(GenerationError):
    """A text that no installed font can draw."""


class TemplateRefused(GenerationError):
    """A template that can't be used: its faulty line, from 1 on, and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__("TEMPLATE_REFUSED", f"line {line}: {reason}")
        self.line, self.reason = line, reason


class NoGenerateExtra(GenerationError):
    """The extra `generate` isn't installed."""
