"""Requests, responses, and the routing table."""

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`path` has no query; `headers` have lower-case names; `args` are the path's parameters by name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    args: Mapping[str, str] = {}

    def json(self) -> Any:
        """Decode the body; return None for invalid JSON."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    def form(self) -> dict[str, str]:
        """Return the fields of application/x-www-form-urlencoded; empty for another content type."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/x-www-form-urlencoded":
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" and token else None


class SimReply(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}

    def has_accepted(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST


class Refused(Exception):
    """Raised to end a request with `answer`, from any depth."""

    def __init__(self, answer: SimReply) -> None:
        super().__init__(answer.status)
        self.answer = answer


def as_json(value: Any, status: int = 200, **headers: str) -> SimReply:
    return SimReply(status, msgspec.json.encode(value), {"Content-Type": "application/json", **headers})


def as_page(text: str, status: int = 200) -> SimReply:
    return SimReply(status, text.encode(), {"Content-Type": "text/html; charset=utf-8"})


def redirect(location: str) -> SimReply:
    return SimReply(302, b"", {"Location": location})


RouteHandler: TypeAlias = Callable[[Request], Awaitable[SimReply]]


class Routes:
    """Handlers by method and path; `{name}` in a path matches one segment. The first match wins."""

    def __init__(self) -> None:
        self._table: list[tuple[str, re.Pattern[str], RouteHandler]] = []

    def add(self, method: str, path: str, handler: RouteHandler) -> None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
        self._table.append((method, re.compile(pattern), handler))

    def find(self, request: Request) -> tuple[RouteHandler, Request] | None:
        for method, pattern, handler in self._table:
            if method == request.method and (found := pattern.fullmatch(request.path)):
                return handler, msgspec.structs.replace(request, args=found.groupdict())
        return None
