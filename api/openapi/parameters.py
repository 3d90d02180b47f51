"""Parameters of the document: in path, query and headers."""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar.params import ParameterKwarg, QueryParameter
from litestar.typing import FieldDefinition

from api.openapi.examples import find_openapi_parameter_example
from api.openapi.operations import ApiOperation, strip_none_from_optional_type, to_camel_case
from api.openapi.shapes import clean_json_schema
from schemas import ids

Json = dict[str, Any]

#: JSON Schema's keywords for the bounds of a parameter.
_JSON_SCHEMA_KEYWORDS_BY_BOUND = {
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}

_ID_PREFIXES_BY_PARAMETER = {
    "content_id": ids.CONTENT_ID_PREFIX,
    "asset_id": ids.ASSET_ID_PREFIX,
    "project_id": ids.PROJECT_ID_PREFIX,
    "job_id": ids.JOB_ID_PREFIX,
    "api_key_id": ids.API_KEY_ID_PREFIX,
    "social_account_id": ids.ACCOUNT_ID_PREFIX,
    "scheduled_post_id": ids.POST_ID_PREFIX,
    "lease_request_id": ids.LEASE_REQUEST_ID_PREFIX,
    "app_id": ids.SDK_APP_ID_PREFIX,
    "influencer_id": ids.INFLUENCER_ID_PREFIX,
    "claim_id": ids.CLAIM_ID_PREFIX,
    "template_id": ids.TEMPLATE_ID_PREFIX,
    "organization_id": ids.ORGANIZATION_ID_PREFIX,
    "webhook_delivery_id": ids.WEBHOOK_DELIVERY_ID_PREFIX,
    "webhook_endpoint_id": ids.WEBHOOK_ENDPOINT_ID_PREFIX,
    "webhook_event_id": ids.WEBHOOK_EVENT_ID_PREFIX,
}

#: Names in paths that are not ids.
_PATH_PARAMETER_DESCRIPTIONS = {
    "issuer": "The issuer of the code.",
    "name": "The pool's name.",
    "oauth_state": "The `state` from the link.",
    "ticket": "The secret of one call to a platform.",
    "token": "The last part of an asset's `url`.",
}

_ETAG_SCHEMA = {"type": "string", "examples": ['"3"']}

REQUEST_HEADER_PARAMETERS: dict[str, Json] = {
    "Idempotency-Key": {
        "description": "Makes a retry safe: for 24 hours, the same request returns the first answer again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
    "If-Match": {
        "description": "Apply only if this is the current version (`ETag`); else 412.",
        "schema": _ETAG_SCHEMA,
    },
    "If-None-Match": {"description": "Your version (`ETag`); 304 if it is current.", "schema": _ETAG_SCHEMA},
    "Range": {"description": "One range of bytes.", "schema": {"type": "string", "examples": ["bytes=0-99"]}},
    "If-Range": {
        "description": "Return the range only if this is the current `ETag`; else the whole file.",
        "schema": _ETAG_SCHEMA,
    },
}


def describe_operation_parameters(operation: ApiOperation) -> list[Json]:
    """Describe an operation's parameters in path, query and headers, for the OpenAPI document."""
    documented = [
        *_describe_path_parameters(operation),
        *_describe_query_parameters(operation),
        *_describe_request_header_parameters(operation),
    ]
    return [{**parameter, **_example_of_parameter(operation, parameter)} for parameter in documented]


def _example_of_parameter(operation: ApiOperation, parameter: Json) -> Json:
    """Return `{"example": ...}` for a parameter, as a list for a list parameter; empty without an example."""
    example = find_openapi_parameter_example(operation.id, parameter["name"])
    if example and parameter["schema"].get("type") == "array":
        return {"example": example["example"].split(",")}
    return example


def _describe_path_parameters(operation: ApiOperation) -> Iterator[Json]:
    for name in operation.handler_parameters:
        if f"{{{to_camel_case(name)}}}" in operation.path:
            description = (
                f"`{_ID_PREFIXES_BY_PARAMETER[name]}_...`, or the bare UUID."
                if name in _ID_PREFIXES_BY_PARAMETER
                else _PATH_PARAMETER_DESCRIPTIONS.get(name, "")
            )
            schema = {"type": "string"}
            yield {
                "name": to_camel_case(name),
                "in": "path",
                "required": True,
                "schema": schema,
                "description": description,
            }


def _describe_query_parameters(operation: ApiOperation) -> Iterator[Json]:
    for name, field in operation.handler_parameters.items():
        if isinstance(field.kwarg_definition, QueryParameter):
            definition = field.kwarg_definition
            about = {"description": definition.description} if definition.description else {}
            yield {
                "name": definition.name or name,
                "in": "query",
                "required": not field.has_default,
                "schema": _query_parameter_schema(field, definition),
                **_describe_list_parameter_style(field),
                **about,
            }


def _query_parameter_schema(field: FieldDefinition, definition: ParameterKwarg) -> Json:
    bounds = {
        word: getattr(definition, name)
        for name, word in _JSON_SCHEMA_KEYWORDS_BY_BOUND.items()
        if getattr(definition, name) is not None
    }
    default = {"default": field.default} if field.has_default and field.default is not None else {}
    more = definition.schema_extra or {}
    return {
        **clean_json_schema({**msgspec.json.schema(strip_none_from_optional_type(field.annotation)), **more}),
        **bounds,
        **default,
    }


def _describe_list_parameter_style(field: FieldDefinition) -> Json:
    """Return the OpenAPI style of a list parameter, comma-separated values; empty for any other."""
    return {"style": "form", "explode": False} if field.is_non_string_sequence else {}


def _describe_request_header_parameters(operation: ApiOperation) -> Iterator[Json]:
    own = operation.own_statuses
    applicable = {
        "Idempotency-Key": operation.is_write,
        "If-Match": 412 in own,
        "If-None-Match": 304 in own,
        "Range": 206 in own,
        "If-Range": 206 in own,
    }
    for name, applies in applicable.items():
        if applies:
            yield {"name": name, "in": "header", "required": False, **REQUEST_HEADER_PARAMETERS[name]}
