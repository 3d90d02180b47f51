"""The console: static files that use the same API with a key, without sessions."""

from api.http import static

_HEADERS = {
    #: The page runs only its own scripts and calls only this host, so that text from partners and websites
    #: loads nothing.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

PUBLIC = static.page("/console", "console", _HEADERS)
