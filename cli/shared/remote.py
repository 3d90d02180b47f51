"""Client of the API for `tenantry api`: address, key, and exit codes of responses."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click
import httpx
import msgspec

from cli.local.folder import DEMO_KEYS_FILE, LOCAL_ENV_FILE, read_env_file
from cli.shared.exit_codes import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    EXIT_REFUSED,
    EXIT_SETTINGS_OR_SERVER_UNUSABLE,
    EXIT_USAGE,
)
from schemas.errors import LocalServerUnavailable, SettingsInvalid

#: The API holds a long poll for at most 30 s.
CLI_API_REQUEST_TIMEOUT = httpx.Timeout(60, connect=10)

_CLI_API_URL_PATTERN = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
#: Valid characters of a key in a header. The HTTP client's own error would print the key.
_CLI_API_KEY_PATTERN = re.compile(r"[!-~]+")

_EXIT_CODES_BY_HTTP_STATUS = {
    401: EXIT_SETTINGS_OR_SERVER_UNUSABLE,
    403: EXIT_REFUSED,
    404: EXIT_NOT_FOUND,
    409: EXIT_REFUSED,
    412: EXIT_REFUSED,
    429: EXIT_REFUSED,
    503: EXIT_SETTINGS_OR_SERVER_UNUSABLE,
}

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}

#: Errors of a body that isn't the API's, such as a proxy's.
UNREADABLE_RESPONSE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError)


class ApiAddressAndKey(NamedTuple):
    """Address and key of an API; `root` is the address without /v1."""

    root: str
    key: str

    def open_client(self) -> httpx.Client:
        """Return an HTTP client with the API's key. It follows no redirect, so that only this host gets the key."""
        return httpx.Client(
            headers={"Authorization": f"Bearer {self.key}", "Accept": "application/json"},
            timeout=CLI_API_REQUEST_TIMEOUT,
            trust_env=urlsplit(self.root).hostname not in LOOPBACK_HOSTS,
        )

    def build_url(self, path: str) -> httpx.URL:
        """Return the URL of an API path, with or without /v1, or of an address of this API.

        Raise `click.UsageError` for any other address.
        """
        try:
            parts = urlsplit(path)
            if not parts.scheme and not parts.netloc:
                under = "" if path.startswith("/") else "/" if path.startswith("v1/") else "/v1/"
                return httpx.URL(f"{self.root}{under}{path}")
            address = httpx.URL(path)
        except (ValueError, httpx.InvalidURL) as error:
            raise click.UsageError(f"{path!r} is not a path: {error}") from None
        if _url_origin(address) != _url_origin(httpx.URL(self.root)) or address.userinfo:
            raise click.UsageError(f"{path} is not at {self.root}: the key is sent only there")
        return address


def find_api_address_and_key() -> ApiAddressAndKey:
    """Return the API's address and key, of TENANTRY_API and TENANTRY_KEY or of `bin/up` in this folder.

    A key of `bin/up` is used only for its own API. Raise `SettingsInvalid` without an address or a key,
    `LocalServerUnavailable` for an unreadable file.
    """
    api, key = os.environ.get("TENANTRY_API"), os.environ.get("TENANTRY_KEY")
    if not api:
        api, key = (
            read_env_file(LOCAL_ENV_FILE).get("PUBLIC_URL"),
            key or read_env_file(DEMO_KEYS_FILE).get("API_KEY"),
        )
    if not api:
        raise SettingsInvalid("set TENANTRY_API to the API's address, or run this where `bin/up` runs")
    if not key:
        raise SettingsInvalid("set TENANTRY_KEY to an API key, from `tenantry keys create`")
    root = api.rstrip("/").removesuffix("/v1")
    if not _CLI_API_URL_PATTERN.fullmatch(root):
        raise SettingsInvalid("TENANTRY_API is not an address such as https://api.example.com")
    if not _CLI_API_KEY_PATTERN.fullmatch(key):
        raise SettingsInvalid("TENANTRY_KEY is not an API key: it has invalid characters")
    return ApiAddressAndKey(root, key)


def find_api_or_exit() -> ApiAddressAndKey:
    """Return the API's address and key; if one is missing or invalid, end the command with code 5 and an error."""
    try:
        return find_api_address_and_key()
    except (SettingsInvalid, LocalServerUnavailable) as error:
        click.echo(f"Error: {error}", err=True)
        raise click.exceptions.Exit(EXIT_SETTINGS_OR_SERVER_UNUSABLE) from None


@contextmanager
def exit_on_lost_api_response(advice: str | None = None) -> Iterator[None]:
    """End the command with code 5 if a request of the block gets no response, and report that on stderr.

    Print `advice` too, unless no connection was made. At Ctrl-C, print `advice` alone.
    """
    try:
        yield
    except httpx.RequestError as error:
        click.echo(f"Error: no response from the API: {error or type(error).__name__}", err=True)
        if advice and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            click.echo(advice, err=True)
        raise click.exceptions.Exit(EXIT_SETTINGS_OR_SERVER_UNUSABLE) from None
    except KeyboardInterrupt:
        if advice:
            click.echo(advice, err=True)
        raise


def exit_code_of_response(response: httpx.Response) -> int:
    """Return the exit code of a response, as listed by `tenantry --help`."""
    if not response.is_error:
        return 0
    return _EXIT_CODES_BY_HTTP_STATUS.get(response.status_code, EXIT_FAILED if response.is_server_error else EXIT_USAGE)


def print_response_body(content: bytes) -> None:
    """Print the body of an API response on stdout: JSON is indented on a terminal, all else is unchanged."""
    if sys.stdout.isatty():
        with suppress(*UNREADABLE_RESPONSE_ERRORS):
            content = msgspec.json.format(content)
    click.echo(content)


def print_items_return_cursor(response: httpx.Response) -> str | None:
    """Print the items of an API's list response on stdout, one a line, or any other body as it is.

    Return the next page's cursor; None on the last page and for any other body.
    """
    try:
        page = msgspec.json.decode(response.content, type=ApiListPage)
    except UNREADABLE_RESPONSE_ERRORS:
        print_response_body(response.content)
        return None
    for item in page.items:
        click.echo(bytes(item))
    return page.next_cursor


class ApiListPage(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw]
    next_cursor: str | None


def print_response_error(response: httpx.Response, key: str | None) -> None:
    """Print an API's error on stderr; after a server error, advise to repeat a write with Idempotency-Key `key`."""
    error = decode_api_error_of_response(response)
    message = f"{error.get('code', '')} {error.get('message', response.reason_phrase)}".strip()
    later = response.headers.get("Retry-After")
    click.echo(f"Error: {response.status_code} {message}{f' ({later} s)' if later else ''}", err=True)
    if response.is_server_error and key:
        click.echo(build_repeat_write_advice(key), err=True)


def build_repeat_write_advice(key: str) -> str:
    """Return the advice to repeat a write of unknown outcome with the same Idempotency-Key, `key`."""
    return f"The write may be committed. To repeat it safely: --idempotency-key {key}"


def decode_api_error_of_response(response: httpx.Response) -> dict[str, Any]:
    """Return the error object of an API's error response; empty for a body that isn't the API's."""
    try:
        return msgspec.json.decode(response.content, type=ErrorEnvelope).error
    except UNREADABLE_RESPONSE_ERRORS:
        return {}


class ErrorEnvelope(msgspec.Struct):
    error: dict[str, Any]


def _url_origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
