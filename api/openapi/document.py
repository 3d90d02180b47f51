"""Builds the whole document as JSON."""

import inspect
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar

from api.http import body_limits
from api.http.errors import ERROR_CODES
from api.limits import event_limits
from api.openapi.examples import find_openapi_example
from api.openapi.operations import ApiOperation, list_route_operations
from api.openapi.parameters import describe_operation_parameters
from api.openapi.responses import RESPONSE_HEADER_SCHEMAS, describe_error_status, describe_operation_responses
from api.openapi.shapes import OpenApiSchemas, build_openapi_schemas
from schemas.envelope import Envelope

Json = dict[str, Any]

API_DESCRIPTION = """A project for each of your customers: the brand, its content and its posts.

Authenticate with `Authorization: Bearer <key>`. A `test` key belongs to your sandbox: the same API with
simulated websites, stores and platforms, so that nothing is published.

Each answer has an `X-Request-Id`, each error the same envelope with a `code` to branch on. Repeat any write
safely with an `Idempotency-Key`. Long work is a job: the answer is 202, and `GET /v1/jobs/{jobId}?wait=30`
returns when the job ends. Lists are pages: send `nextCursor` as `cursor` for the next one.

Inside `/v1` fields and enum values may be added; nothing else changes.
"""

_OPENAPI_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer lp_live_...`"},
    "sdkAppKey": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer lpa_...`, of an SDK app"},
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "Takes precedence over `Authorization`.",
    },
}


#: Groups with another name than their file: the published names must not change.
OPENAPI_TAGS_BY_MODULE = {
    "across_projects": "projects",
    "app_media": "content",
    "accounts": "social",
    "ads": "metrics",
    "api_keys": "keys",
    "claims": "content",
    "generating": "content",
    "ingests": "ingest",
    "ops_bulk_jobs": "ops",
    "ops_jobs": "ops",
    "ops_leases": "lending",
    "ops_organizations": "ops",
    "ops_projects": "ops",
    "project_events": "events",
    "quarantine": "events",
    "sdk_apps": "apps",
    "sdk_setup": "apps",
    "conversion_deliveries": "events",
    "bulk_jobs": "jobs",
    "timelines": "jobs",
    "usage": "whoami",
    "webhook_events": "webhooks",
    "webhook_stream": "webhooks",
}

#: Descriptions of the groups, in the order in which a newcomer needs them.
OPENAPI_TAG_DESCRIPTIONS = {
    "whoami": "Your key, and your organization's usage and limits.",
    "projects": "One project for each of your customers.",
    "ingest": "Read a website, a repository or a store listing to learn the brand.",
    "brand": "The fields of a brand, with their sources.",
    "content": "Images, videos and texts, and their approval.",
    "social": "The accounts that posts go to.",
    "posts": "Posts of content to accounts, now or at a time.",
    "apps": "The senders of a project's events, each with a key of its own.",
    "events": "Events from SDK apps, or from your server for them.",
    "metrics": "Figures by hour, day and week in a project's time zone.",
    "jobs": "All work that takes longer than a request.",
    "influencers": "Drawn presenters with a face, a voice and a language for generated content.",
    "templates": "Looks of your own for generated content.",
    "leases": "The platform's own accounts, lent to a project.",
    "webhooks": "Your HTTP endpoints that receive events.",
    "github": "A GitHub App's installation, for private repositories.",
    "sandbox": "Your sandbox's clock, which you control.",
    "keys": "Your organization's keys.",
    "audit": "The log of actions in your organization.",
    "ops": "For the platform's operators: pools, workers, and the jobs of all organizations.",
    "lending": "For the platform's operators: accounts to lend.",
    "media": "Public files of content.",
    "system": "Health and metrics, without a key.",
}


def render_openapi_document(app: Litestar) -> bytes:
    """Return the OpenAPI 3.1 document of every documented route of the app, as JSON."""
    all_operations = list_route_operations(app)
    schemas = _build_schemas_of_operations(all_operations)
    paths: dict[str, Json] = {}
    for operation in all_operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe_operation(operation, schemas.refs)
    statuses = sorted({code.status for code in ERROR_CODES.values()})
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Tenantry", "version": version("tenantry"), "description": API_DESCRIPTION},
            "servers": [{"url": "/"}],
            "tags": [{"name": name, "description": about} for name, about in OPENAPI_TAG_DESCRIPTIONS.items()],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "responses": {f"E{status}": describe_error_status(status) for status in statuses},
                "headers": RESPONSE_HEADER_SCHEMAS,
                "securitySchemes": _OPENAPI_SECURITY_SCHEMES,
            },
        }
    )


def _build_schemas_of_operations(all_operations: list[ApiOperation]) -> OpenApiSchemas:
    """Build the OpenAPI schemas of all request bodies and answers, and of the error envelope."""
    named = [
        kind
        for operation in all_operations
        for kind in (
            operation.json_body_annotation,
            operation.multipart_struct,
            operation.success_answer_body_type,
            operation.answer_type_of_status_202,
        )
        if _is_struct_type(kind)
    ]
    return build_openapi_schemas(list(dict.fromkeys([*named, Envelope])))


def _is_struct_type(kind: Any) -> bool:
    origin = getattr(kind, "__origin__", kind)
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def _describe_operation(operation: ApiOperation, schemas: dict[Any, Json]) -> Json:
    summary, _, more = inspect.cleandoc(operation.handler.fn.__doc__ or "").partition("\n")
    module = operation.handler.fn.__module__.rpartition(".")[2]
    description = {
        "operationId": operation.id,
        "tags": [OPENAPI_TAGS_BY_MODULE.get(module, module)],
        "summary": summary.strip(),
        "description": "\n\n".join(filter(None, [more.strip(), _describe_operation_requirements(operation)])),
        "parameters": describe_operation_parameters(operation),
        "responses": describe_operation_responses(operation, schemas),
        "security": _describe_operation_security(operation),
    }
    return {**description, **_describe_request_body(operation, schemas)}


def _describe_operation_security(operation: ApiOperation) -> list[Json]:
    if operation.needs_app_key:
        return [{"sdkAppKey": []}]
    return [{"bearer": []}, {"apiKey": []}] if operation.needs else []


def _describe_operation_requirements(operation: ApiOperation) -> str:
    if operation.needs_app_key:
        return f"Needs the SDK app's own key; counts as `{event_limits.EVENT_RATE_CLASS}`."
    if operation.needs is None:
        return ""
    scope = f"the scope `{operation.needs.scope}`" if operation.needs.scope else "any key"
    return f"Needs {scope}; counts as `{operation.needs.rate_class}`."


def _describe_request_body(operation: ApiOperation, schemas: dict[Any, Json]) -> Json:
    example = find_openapi_example(operation.id, "body")
    if operation.multipart_struct is not None:
        form = example if operation.json_body_annotation is None else find_openapi_example(operation.id, "form")
        content = {"multipart/form-data": {"schema": schemas[operation.multipart_struct], **form}}
        if operation.json_body_annotation is not None:
            content["application/json"] = {"schema": schemas[operation.json_body_annotation], **example}
        return {"requestBody": {"required": True, **_describe_body_size_limit(operation), "content": content}}
    if operation.json_body_annotation is None:
        return {}
    content = {"application/json": {"schema": schemas[operation.json_body_annotation], **example}}
    return {
        "requestBody": {
            "required": "data" not in operation.handler_parameters
            or not operation.handler_parameters["data"].has_default,
            **_describe_body_size_limit(operation),
            "content": content,
        }
    }


def _describe_body_size_limit(operation: ApiOperation) -> Json:
    """Describe the maximum bytes of an operation's JSON body; empty without one. Its description has files' limits."""
    if operation.json_body_annotation is None:
        return {}
    return {"description": f"At most {operation.handler.opt[body_limits.BODY_LIMIT_ROUTE_OPTION]:,} bytes of JSON."}
