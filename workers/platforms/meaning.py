"""Meanings of a platform's error codes: the `PlatformError` for each, and its message."""

from typing import NamedTuple

from schemas.errors import PlatformError, PlatformThrottled
from schemas.errors.platforms import PlatformErrorCategory


class PlatformErrorMeaning(NamedTuple):
    """The error to raise for a platform's error code; `category` None is that of the error's class.

    `after_s` is the wait of a `PlatformThrottled` response without one. `proves`: the platform decided before
    any write, so nothing is live, even if the code is the result of the irreversible call.
    """

    error: type[PlatformError]
    code: str
    message: str
    category: PlatformErrorCategory | None = None
    after_s: float | None = None
    proves: bool = True

    def build_error(self, quote: str = "", *, after_s: float | None = None) -> PlatformError:
        """Return a new `PlatformError` of this meaning; the platform's own message `quote` follows in brackets.

        A `PlatformThrottled` gets the wait `after_s`, or the meaning's own if that is None or 0.
        """
        message = f"{self.message} ({quote})" if quote else self.message
        error = self.error(self.code, message, category=self.category)
        if isinstance(error, PlatformThrottled):
            error.after_s = after_s or self.after_s
        return error
