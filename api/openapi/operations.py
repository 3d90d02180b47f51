"""Operations of the document: each method of each path, read from its handler's signature."""

import re
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, NamedTuple, get_args

from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from api.guard import RouteRequirements

_UNDERSCORE_LETTER_PATTERN = re.compile(r"_([a-z])")


class ApiOperation(NamedTuple):
    """One method of one path; `needs` is None for a route without an API key."""

    path: str
    method: str
    handler: HTTPRouteHandler
    needs: RouteRequirements | None

    @property
    def id(self) -> str:
        return self.handler.handler_name

    @property
    def is_write(self) -> bool:
        return self.needs is not None and self.method != "GET"

    @property
    def handler_parameters(self) -> Mapping[str, FieldDefinition]:
        return self.handler.parsed_fn_signature.parameters

    @property
    def json_body_annotation(self) -> Any:
        """Return the type of the operation's JSON body; None without one."""
        if "data" in self.handler_parameters:
            return self.handler_parameters["data"].annotation
        return self.handler.opt.get("reads")

    @property
    def parses_event_body_itself(self) -> bool:
        """Return whether the route parses its body itself, event by event."""
        return "reads" in self.handler.opt and self.multipart_struct is None

    @property
    def needs_app_key(self) -> bool:
        """Return whether the route needs the key of an SDK app."""
        return self.needs is None and self.parses_event_body_itself

    @property
    def multipart_struct(self) -> Any:
        """Return the shape of the operation's multipart body; None without one."""
        return self.needs.parts if self.needs else None

    @property
    def answer_type_of_status_202(self) -> Any:
        """Return the type of the operation's 202, if its other success status has another type; else None."""
        return self.handler.opt.get("accepts")

    @property
    def own_statuses(self) -> tuple[int, ...]:
        """Return the operation's own HTTP statuses, in addition to its success status and those of every route."""
        return self.needs.statuses if self.needs else self.handler.opt.get("also", ())

    @property
    def success_answer_body_type(self) -> Any:
        """Return the type of the operation's success body: `Stream` for events or bytes, None without a body."""
        returned = self.handler.parsed_fn_signature.return_type
        kinds = returned.inner_types if returned.is_union else (returned,)
        if any(kind.is_subclass_of(Stream) for kind in kinds):
            return Stream
        returned = kinds[0]
        if returned.is_subclass_of(Response):
            answered = strip_none_from_optional_type(get_args(returned.raw)[0])
            return None if answered is NoneType else answered
        return returned.annotation


def list_route_operations(app: Litestar) -> list[ApiOperation]:
    """List the API's documented operations by path, then by method."""
    return sorted(_iterate_route_operations(app), key=lambda one: (one.path, one.method))


def strip_none_from_optional_type(kind: Any) -> Any:
    """Return the type `X` for `X | None`, and any other type unchanged."""
    kinds = [member for member in get_args(kind) if member is not NoneType]
    return kinds[0] if kinds and NoneType in get_args(kind) else kind


def to_camel_case(name: str) -> str:
    return _UNDERSCORE_LETTER_PATTERN.sub(lambda found: found[1].upper(), name)


def _iterate_route_operations(app: Litestar) -> Iterator[ApiOperation]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.resolve_include_in_schema():
                (method,) = handler.http_methods
                yield ApiOperation(to_camel_case(route.path_format), method, handler, handler.opt.get("requirements"))
