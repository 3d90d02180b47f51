"""The console: static files that use the same API with a key, without sessions."""

from typing import Any

import msgspec

from api.http import static
from platforms.description import PasswordLoginSpec, PlatformDescription, SingleServerOAuthLogin
from platforms.registry import PLATFORMS_BY_NAME

_WEB_CONSOLE_PAGE_HEADERS = {
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


def render_platforms_javascript_for_console() -> bytes:
    """Render a JavaScript module for the console with each platform's words and display rules, by title."""
    described = sorted(PLATFORMS_BY_NAME.values(), key=lambda platform: platform.title)
    values = {platform.api_name: _build_console_display_data_of_platform(platform) for platform in described}
    comment = b"// The platforms' descriptions, from platforms/*/description.py.\n"
    return comment + b"export const DESCRIPTIONS = " + msgspec.json.encode(values) + b";\n"


def _build_console_display_data_of_platform(platform: PlatformDescription) -> dict[str, Any]:
    """Return the words and display rules of a platform that the console's script contains.

    `server` is an example of the server name that a person enters; null if the login needs none.
    """
    password, server = None, None
    match platform.login:
        case PasswordLoginSpec(example=example, instructions=instructions):
            password = {"example": example, "instructions": instructions}
        case SingleServerOAuthLogin():
            pass
        case login:
            server = login.example
    return {
        "title": platform.title,
        "password": password,
        "server": server,
        "hasAiLabel": bool(platform.limits.ai_labels),
        "hasAudience": bool(platform.limits.privacy_levels),
        "view": platform.console,
    }


KEYLESS_ROUTES = static.static_page_routes(
    "/console",
    "console",
    _WEB_CONSOLE_PAGE_HEADERS,
    generated={"platforms.js": render_platforms_javascript_for_console()},
)
