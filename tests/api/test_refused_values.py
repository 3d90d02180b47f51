"""Values that no route accepts: each error names its field, and nothing changes.

Each rule has one value here, and tests/domain has the others. tests/api/test_bad_input.py tests the errors that all
routes share, and tests/api/test_body_validation.py tests those that follow from a body's type.
"""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from jobs import kinds
from tests.api.all_objects import CLAIM, AllRightsCaller
from tests.api.documented_routes import routes
from tests.api.refusals import assert_refused
from tests.generation.looks.templates import TEMPLATE

BACK = "https://app.example.com/settings?tab=social"

SHOP = {"name": "Shop", "timezone": "Europe/Berlin"}
PARTNER = {"partner": {"customerExternalId": "b"}}
KEY = {"name": "CI", "scopes": ["projects:read"]}
APP = {"appStoreUrl": "https://apps.apple.com/de/app/slack/id618783545?mt=8"}
TARGET = {"socialAccountId": "x"}
LINK = {"platform": "mastodon", "returnUrl": BACK, "instance": "mastodon.social"}
LOGIN = {"platform": "bluesky", "identifier": "shop.example", "appPassword": "secret-app-password"}

PHONE_APP = {"name": "Shop", "platform": "ios", "bundleId": "com.example.shop"}

TARGETS: list[tuple[Any, str]] = [
    ({"targets": []}, "targets"),
    ({"targets": [{**TARGET, "captionOverride": "a\0b"}]}, "targets[0].captionOverride"),
    ({"targets": [{**TARGET, "captionOverride": "x" * 10_001}]}, "targets[0].captionOverride"),
]

TIMES: list[tuple[Any, str]] = [
    ({"scheduledFor": "2020-01-01T00:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": "2999-01-01T00:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": "2026-12-24T12:00:00"}, "scheduledFor"),
    ({"localTime": "2020-01-01T00:00"}, "localTime"),
    ({"localTime": "2999-01-01T00:00"}, "localTime"),
    ({"localTime": "noon"}, "localTime"),
    ({"localTime": "2026-12-24T12:00", "scheduledFor": "2026-12-24T12:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": None}, "scheduledFor"),
    ({}, "scheduledFor"),
]

#: By operation: a valid body, and changes that make it invalid, with the field in the error. `ABSENT` drops
#: the base's field.
ABSENT = object()
ANDROID = {"platform": "android", "bundleId": ABSENT}
WEB = {"platform": "vite", "bundleId": ABSENT}
BODIES: dict[str, tuple[dict[str, Any], list[tuple[Any, str]]]] = {
    "create_project": (SHOP, [
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": "europe/berlin"}, "timezone"),
        ({"primaryLanguage": "zz"}, "primaryLanguage"),
        ({"customerExternalId": "a", "metadata": PARTNER}, "customerExternalId"),
        ({"metadata": {"a": "x" * 8192}}, "metadata"),
    ]),
    "patch_project": ({}, [
        *(({name: "x"}, name) for name in (
            "id", "organizationId", "ingestState", "requiresApproval", "currentBlockedCount", "createdAt",
            "archivedAt",
        )),
        ({"brandContext": None}, "brandContext"),
        ({"brandContext": {"provenance": {}}}, "brandContext.provenance"),
        ({"brandContext": {"primaryLanguage": "english"}}, "brandContext.primaryLanguage"),
        ({"brandContext": {"logoUrl": "javascript:alert(1)"}}, "brandContext.logoUrl"),
    ]),
    "patch_approval_policy": ({}, [
        ({"firstNPostsBlocked": 51}, "firstNPostsBlocked"),
        ({"requiresApproval": None}, "requiresApproval"),
        ({"currentBlockedCount": 0}, "currentBlockedCount"),
    ]),
    "create_api_key": (KEY, [
        ({"scopes": []}, "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59-23:59"}, "expiresAt"),
        ({"expiresAt": "2100-01-01T00:00:00"}, "expiresAt"),
        ({"returnOrigins": ["https://app.example.com/path"]}, "returnOrigins[0]"),
        ({"returnOrigins": ["http://app.example.com"]}, "returnOrigins[0]"),
        ({"env": "test"}, "env"),
    ]),
    "rotate_api_key": ({}, [({"overlapHours": hours}, "overlapHours") for hours in (-1, 25, 1.5, "1", None)]),
    "ingest_website": ({}, [({"url": url}, "url") for url in ("http://127.0.0.1/", "https://user:secret@a.example/")]),
    "ingest_github": ({}, [({"repoFullName": "https://gist.github.com/acme/1"}, "repoFullName")]),
    "ingest_appstore": ({}, [
        ({}, "appStoreUrl"),
        ({"countryCode": "us"}, "appStoreUrl"),
        ({"appStoreUrl": "http://127.0.0.1/app/id1"}, "appStoreUrl"),
        ({"iosBundleId": "com.example&country=de"}, "iosBundleId"),
        ({"androidPackage": "com.Slack/../x"}, "androidPackage"),
        ({**APP, "countryCode": "uk"}, "countryCode"),
    ]),
    "patch_content": ({"caption": "a"}, [
        ({"caption": " "}, "caption"),
        ({"approvalStatus": "approved"}, "approvalStatus"),
    ]),
    "schedule_content": ({"targets": [TARGET]}, [
        *TIMES, *((wrong | {"localTime": "2026-12-24T12:00"}, path) for wrong, path in TARGETS),
    ]),
    "publish_content": ({"targets": [TARGET]}, TARGETS),
    "reschedule_post": ({}, TIMES),
    "resolve_post": ({"published": True}, [
        ({"externalUrl": "javascript:alert(1)"}, "externalUrl"),
        ({"externalUrl": "https://a b/"}, "externalUrl"),
        ({"published": False, "externalUrl": "https://example.social/1"}, "externalUrl"),
    ]),
    "create_oauth_url": (LINK, [
        ({"platform": "tiktok", "instance": ABSENT}, "platform"),
        ({"platform": "instagram", "instance": ABSENT}, "platform"),
        ({"platform": "tiktok"}, "instance"),
        ({"platform": "bluesky"}, "platform"),
        ({"instance": ABSENT}, "instance"),
        *(({"instance": host}, "instance") for host in ("10.0.0.1", "http://mastodon.social", "mastodon.social:22")),
        ({"returnUrl": f"{BACK}&state=1"}, "returnUrl"),
    ]),
    "connect_social_account": (LOGIN, [
        ({"platform": "mastodon"}, "platform"),
        ({"platform": "tiktok"}, "platform"),
        *(({"identifier": name}, "identifier") for name in ("shop", "shop@example.com", "fail_auth", "did:key:z6Mk")),
        ({"appPassword": ""}, "appPassword"),
        *(({"serviceUrl": url}, "serviceUrl") for url in (
            "http://bsky.social", "https://bsky.social/xrpc", "https://user:pass@bsky.social", "https://127.0.0.1",
        )),
    ]),
    "request_leased_accounts": ({"niche": "baking"}, [({"count": count}, "count") for count in (0, 51)]),
    "create_sdk_app": (PHONE_APP, [
        ({"bundleId": ABSENT}, "bundleId"),
        ({"androidPackage": "com.example.app"}, "androidPackage"),
        ({"webDomain": "example.com"}, "webDomain"),
        ({"bundleId": "app"}, "bundleId"),
        (ANDROID | {"androidPackage": "com.my-app"}, "androidPackage"),
        (WEB | {"webDomain": "https://example.com"}, "webDomain"),
    ]),
    "patch_sdk_app": ({}, [
        ({"bundleId": "com.example.app"}, "bundleId"),
        ({"bundleId": "app"}, "bundleId"),
        ({"webDomain": "com"}, "webDomain"),
        ({"overlapHours": 1}, "overlapHours"),
        ({"rotateKey": True, "overlapHours": 25}, "overlapHours"),
        ({"capi": {"meta": {"accessToken": "a secret token"}}}, "capi.meta.accessToken"),
    ]),
    "create_claim": (CLAIM, [
        *(({"text": text}, "text") for text in (
            "Rated " * 20, "Rated " + "x" * 61, "★ ★", "Two\nlines", "Only \u202e5 euros", " ", ABSENT,
        )),
        ({"source": "x" * 501}, "source"),
        ({"source": ""}, "source"),
        ({"approvedBy": " "}, "approvedBy"),
        *(({"validUntil": end}, "validUntil") for end in (
            "2020-01-01", "2020-01-01T00:00:00Z", "2100-01-01", "2100-01-01T00:00:00Z", "9999-12-31", "2027-02-30",
            "tomorrow", "2027-01-01T00:00:00", ABSENT,
        )),
    ]),
    "create_influencer": ({}, [({"name": " "}, "name")]),
    "patch_influencer": ({}, [({"language": "German"}, "language"), ({"name": " \n "}, "name")]),
    "create_template": ({"name": "harbour", "html": TEMPLATE}, [
        ({"name": "Harbour View"}, "name"),
        ({"html": f"{TEMPLATE}x"}, "html"),
    ]),
    "create_organization_template": ({"name": "harbour", "html": TEMPLATE}, [({"html": f"{TEMPLATE}<p></p>"}, "html")]),
    "clone_influencer": ({"name": "X"}, [
        ({"overrides": {"language": "de_AT"}}, "overrides.language"),
        ({"name": "\u200b"}, "name"),
    ]),
    "cancel_jobs": ({}, [
        ({"kinds": ["refresh_token"]}, "kinds"),
        ({"stages": ["nonsense"]}, "stages"),
        ({"since": "yesterday"}, "since"),
    ]),
    "retry_jobs": ({}, [
        ({"kinds": ["refresh_token"]}, "kinds"),
        ({"until": "tomorrow"}, "until"),
        ({"cursor": "bm9uc2Vuc2U"}, "cursor"),
    ]),
}  # fmt: skip

#: Kinds that no partner names.
INTERNAL_KINDS = (kinds.REFRESH_TOKEN_KIND.name, kinds.RECONCILE_POST_KIND.name)

#: By operation: invalid queries, with the parameter in the error.
QUERIES: dict[str, list[tuple[str, str]]] = {
    "list_projects": [("status=gone", "status"), ("search=%00", "search")],
    "list_jobs": [("status=queued", "status"), *((f"kind={kind}", "kind") for kind in INTERNAL_KINDS)],
    "list_conversion_deliveries": [("state=lost", "state"), ("destination=google", "destination")],
    "list_social_accounts": [(f"leased={value}", "leased") for value in ("1", "yes", "TRUE", "")],
    "list_audit_log": [("action=" + ",".join(f"a{number}" for number in range(21)), "action")],
    "list_claims": [("status=gone", "status")],
    "list_content": [("approvalStatus=maybe", "approvalStatus")],
    "get_ads_metrics": [("scope=ad", "id"), ("id=a1", "id")],
    "get_metrics": [
        ("since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z", "since"),
        ("since=2022-12-31T00:00:00Z", "since"),
        ("until=2100-01-02T00:00:00Z", "until"),
        ("since=2026-01-02", "since"),
        ("since=2023-01-01T00:00:00Z&granularity=hour", "granularity"),
        ("granularity=month", "granularity"),
        ("metrics=events,clicks", "metrics"),
        (f"scope=social_account&id=sa_{UUID(int=1)}&metrics=events", "metrics"),
        ("scope=social_account", "id"),
        (f"id=sa_{UUID(int=1)}", "id"),
    ],
    "get_job": [(f"wait={wait}", "wait") for wait in ("1e1", "1.0", "1.5", "-1", "31", "x")],
    "list_scheduled_posts": [
        ("status=gone", "status"),
        ("since=2026-12-24", "since"),
        ("since=", "since"),
        ("until=2026-12-24T12:00:00%2B01:00", "until"),
        ("until=2026-12-32T12:00:00Z", "until"),
    ],
}


@pytest_asyncio.fixture(autouse=True)
async def _origins(operator: AllRightsCaller, pool: Pool) -> None:
    await pool.execute("update api_key set return_origins = '{https://app.example.com}'")


@pytest.mark.usefixtures("unchanged")
async def test_invalid_value_is_reported_and_changes_nothing(operator: AllRightsCaller, app: Litestar) -> None:
    by_id = {route.id: route for route in routes(app)}
    for operation, (base, wrongs) in BODIES.items():
        for wrong, path in wrongs:
            body = {name: value for name, value in (base | wrong).items() if value is not ABSENT}
            answer = await operator.send(by_id[operation], json=body)
            assert_refused(answer, 422, "VALIDATION", path)
            assert "secret" not in answer.text
    for operation, invalid in QUERIES.items():
        for query, path in invalid:
            asked = f"{by_id[operation].at(operator.ids)}?{query}"
            assert_refused(await operator.http.get(asked), 422, "VALIDATION", path)
