"""Messages of validation errors: allowed values, in the API's words."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from api.http import body_validation
from schemas.base import NulFreeText
from tests.api.conftest import ApiCaller

Few = Literal["slideshow", "video"]

SAID: list[tuple[Any, Any, str]] = [
    ("x", int, "must be a whole number, not a text"),
    (1.5, int, "must be a whole number, not a fraction"),
    (1e17, Annotated[float, Meta(le=1e16)], "must be at most 1e+16"),
    ("b", Annotated[str, Meta(pattern="it's")], "must be of the form it's"),
    (4, Annotated[int, Meta(multiple_of=5)], "must be a multiple of 5"),
    (3, str | None, "must be a text or null, not a whole number"),
    ([], Annotated[list[str], Meta(min_length=1)], "must have at least 1 item"),
    ("abc", Annotated[str, Meta(max_length=2)], "must have at most 2 characters"),
    ({}, Annotated[dict[str, str], Meta(min_length=2)], "must have at least 2 fields"),
    (-1, Annotated[int, Meta(ge=0)], "must be at least 0"),
    (-0.5, Annotated[float, Meta(gt=0)], "must be more than 0.0"),
    ("b", Annotated[str, Meta(pattern="^a$")], "must be of the form ^a$"),
    ("a\0b", NulFreeText, "must not contain a NUL character"),
    ("film", Few, "must be one of slideshow, video"),
    ("film", Few | None, "must be one of slideshow, video"),
    ("soon", datetime, "must be a time (RFC 3339, such as 2027-01-31T12:00:00Z)"),
]


def test_message_states_the_allowed_values() -> None:
    for value, kind, said in SAID:
        struct = msgspec.defstruct("Body", [("field", kind)], forbid_unknown_fields=True)
        found = body_validation.find_body_errors({"field": value}, struct)
        assert found
        assert found.details["issues"] == [{"path": "field", "message": said}]


async def test_parameter_messages_are_translated(acme: ApiCaller) -> None:
    answer = await acme.http.get("/v1/jobs", params={"status": "nope"})
    [issue] = answer.json()["error"]["details"]["issues"]
    assert issue["path"] == "status"
    assert issue["message"].startswith("must be one of running, ")
