"""A page over the same API, for whoever has a key: static files, no session of their own."""

from api import static

_HEADERS = {
    #: The page runs its own scripts and asks this host; what a partner or a website wrote can load nothing.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

PUBLIC = static.page("/console", "console", _HEADERS)
