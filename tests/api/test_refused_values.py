"""Values that no route accepts: each error names its field, and nothing changes.

tests/api/test_bad_input.py tests the errors that all routes share: unknown fields, wrong types, NUL
characters and bodies that aren't objects.
"""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from jobs import kinds
from tests.api.all_objects import AllRightsCaller
from tests.api.documented_routes import routes
from tests.api.refusals import assert_refused

BACK = "https://app.example.com/settings?tab=social"

SHOP = {"name": "Shop", "timezone": "Europe/Berlin"}
PARTNER = {"partner": {"customerExternalId": "b"}}
KEY = {"name": "CI", "scopes": ["projects:read"]}
PAGE = {"url": "https://example.com"}
APP = {"appStoreUrl": "https://apps.apple.com/de/app/slack/id618783545?mt=8"}
REPOSITORY = {"repoFullName": "acme/zap"}
TARGET = {"socialAccountId": "x"}
LINK = {"platform": "mastodon", "returnUrl": BACK, "instance": "mastodon.social"}
LOGIN = {"platform": "bluesky", "identifier": "shop.example", "appPassword": "secret-app-password"}
CAPI = [("pixelId", "1/2"), ("accessToken", "a secret token"), ("testEventCode", "a b"), ("enabled", None)]
ASKED = {"count": 2, "niche": "home baking"}

PHONE_APP = {"name": "Shop", "platform": "ios", "bundleId": "com.example.shop"}

TARGETS: list[tuple[Any, str]] = [
    ({"targets": []}, "targets"),
    ({"targets": "all"}, "targets"),
    ({"targets": [{"socialAccountId": 5}]}, "targets[0].socialAccountId"),
    ({"targets": [{"captionOverride": "x"}]}, "targets[0].socialAccountId"),
    ({"targets": [{**TARGET, "mode": "loud"}]}, "targets[0].mode"),
    ({"targets": [{**TARGET, "captionOverride": "a\0b"}]}, "targets[0].captionOverride"),
    ({"targets": [{**TARGET, "captionOverride": "x" * 10_001}]}, "targets[0].captionOverride"),
    ({"targets": [{**TARGET, "colour": "red"}]}, "targets[0].colour"),
    ({"allowDuplicate": "yes"}, "allowDuplicate"),
]

TIMES: list[tuple[Any, str]] = [
    ({"scheduledFor": "2020-01-01T00:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": "2999-01-01T00:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": "2026-12-24T12:00:00+00:00"}, "scheduledFor"),
    ({"scheduledFor": "2026-12-24T12:00:00"}, "scheduledFor"),
    ({"scheduledFor": "2026-02-30T12:00:00Z"}, "scheduledFor"),
    ({"scheduledFor": "soon"}, "scheduledFor"),
    ({"localTime": "2020-01-01T00:00"}, "localTime"),
    ({"localTime": "2999-01-01T00:00"}, "localTime"),
    ({"localTime": "2026-12-24T12:00Z"}, "localTime"),
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
        ({"name": ABSENT}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "Factory"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": "europe/berlin"}, "timezone"),
        ({"primaryLanguage": "zz"}, "primaryLanguage"),
        ({"primaryLanguage": "english"}, "primaryLanguage"),
        ({"customerExternalId": ""}, "customerExternalId"),
        ({"customerExternalId": "x" * 256}, "customerExternalId"),
        ({"customerExternalId": "a", "metadata": PARTNER}, "customerExternalId"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 8192}}, "metadata"),
        ({"metadata": {"a": "b\0"}}, "body"),
    ]),
    "patch_project": ({}, [
        *(({name: "x"}, name) for name in (
            "id", "organizationId", "ingestState", "requiresApproval", "currentBlockedCount", "createdAt",
            "archivedAt",
        )),
        ({"status": "archived"}, "status"),
        ({"brandContext": None}, "brandContext"),
        ({"brandContext": {"slogan": "x"}}, "brandContext.slogan"),
        ({"brandContext": {"provenance": {}}}, "brandContext.provenance"),
        ({"brandContext": {"tagline": 7}}, "brandContext.tagline"),
        ({"brandContext": {"tagline": "x" * 201}}, "brandContext.tagline"),
        ({"brandContext": {"primaryLanguage": "english"}}, "brandContext.primaryLanguage"),
        ({"brandContext": {"logoUrl": "javascript:alert(1)"}}, "brandContext.logoUrl"),
        ({"brandContext": {"colors": ["red"]}}, "brandContext.colors[0]"),
        ({"brandContext": {"keywords": ["x"] * 51}}, "brandContext.keywords"),
    ]),
    "patch_approval_policy": ({}, [
        ({"firstNPostsBlocked": 51}, "firstNPostsBlocked"),
        ({"firstNPostsBlocked": -1}, "firstNPostsBlocked"),
        ({"firstNPostsBlocked": 1.5}, "firstNPostsBlocked"),
        ({"requiresApproval": "yes"}, "requiresApproval"),
        ({"requiresApproval": None}, "requiresApproval"),
        ({"currentBlockedCount": 0}, "currentBlockedCount"),
    ]),
    "create_api_key": (KEY, [
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"name": None}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["projects:delete"]}, "scopes[0]"),
        ({"scopes": "*"}, "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59-23:59"}, "expiresAt"),
        ({"expiresAt": "2100-01-01T00:00:00"}, "expiresAt"),
        ({"expiresAt": "soon"}, "expiresAt"),
        ({"returnOrigins": ["https://app.example.com/path"]}, "returnOrigins[0]"),
        ({"returnOrigins": ["http://app.example.com"]}, "returnOrigins[0]"),
        ({"returnOrigins": ["javascript:alert(1)"]}, "returnOrigins[0]"),
        ({"env": "test"}, "env"),
    ]),
    "rotate_api_key": ({}, [({"overlapHours": hours}, "overlapHours") for hours in (-1, 25, 1.5, "1", None)]),
    "ingest_website": (PAGE, [
        *(({"url": url}, "url") for url in (
            "file:///etc/passwd", "gopher://example.com/", "https://user:secret@example.com/",
            "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1/", "http://2130706433/", "http://localhost/", "https://example.com:22/",
            "https://exa mple.com/", "https://", "", "https://example.com/" + "x" * 2048,
        )),
        ({"maxPages": 0}, "maxPages"),
        ({"maxPages": 26}, "maxPages"),
        ({"followLinks": "yes"}, "followLinks"),
    ]),
    "ingest_github": (REPOSITORY, [
        ({"repoFullName": "acme"}, "repoFullName"),
        ({"repoFullName": "https://gist.github.com/acme/1"}, "repoFullName"),
        ({"repoFullName": "https://acme.github.io/zap"}, "repoFullName"),
        ({"branch": "a..b"}, "branch"),
        ({"branch": ""}, "branch"),
        ({"repoFullName": ABSENT}, "repoFullName"),
    ]),
    "ingest_appstore": ({}, [
        ({}, "appStoreUrl"),
        ({"appStoreUrl": None}, "appStoreUrl"),
        ({"countryCode": "us"}, "appStoreUrl"),
        ({"appStoreUrl": ""}, "appStoreUrl"),
        ({"appStoreUrl": "https://example.com/app/id1"}, "appStoreUrl"),
        ({"appStoreUrl": "http://127.0.0.1/app/id1"}, "appStoreUrl"),
        ({"appStoreUrl": "https://apps.apple.com/us/developer/slack/id453420243"}, "appStoreUrl"),
        ({"appStoreUrl": "https://play.google.com/store/apps/dev?id=1"}, "appStoreUrl"),
        ({"appStoreUrl": "https://apps.apple.com/us/app/id1" + "x" * 2048}, "appStoreUrl"),
        ({"appStoreUrl": "id1\0"}, "appStoreUrl"),
        ({"iosBundleId": "618783545"}, "iosBundleId"),
        ({"iosBundleId": "com.example&country=de"}, "iosBundleId"),
        ({"iosBundleId": "com." + "x" * 155}, "iosBundleId"),
        ({"androidPackage": "com.example-app"}, "androidPackage"),
        ({"androidPackage": "com.Slack/../x"}, "androidPackage"),
        *(({**APP, "countryCode": code}, "countryCode") for code in ("uk", "usa", "", None)),
    ]),
    "patch_content": ({"caption": "a"}, [
        ({"caption": None}, "caption"),
        ({"caption": "x" * 5001}, "caption"),
        ({"caption": " "}, "caption"),
        ({"aiGenerated": None}, "aiGenerated"),
        ({"hook": "b"}, "hook"),
        ({"approvalStatus": "approved"}, "approvalStatus"),
    ]),
    "reject_content": ({"reason": "No."}, [
        ({"reason": ABSENT}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
    ]),
    "schedule_content": ({"targets": [TARGET]}, [
        *TIMES, *((wrong | {"localTime": "2026-12-24T12:00"}, path) for wrong, path in TARGETS),
    ]),
    "publish_content": ({"targets": [TARGET]}, TARGETS),
    "reschedule_post": ({}, TIMES),
    "resolve_post": ({"published": True}, [
        ({"published": ABSENT}, "published"),
        ({"published": "yes"}, "published"),
        ({"externalUrl": "javascript:alert(1)"}, "externalUrl"),
        ({"externalUrl": "https://a b/"}, "externalUrl"),
        ({"published": False, "externalUrl": "https://example.social/1"}, "externalUrl"),
    ]),
    "create_oauth_url": (LINK, [
        ({"platform": "tiktok", "instance": ABSENT}, "platform"),
        ({"platform": "instagram", "instance": ABSENT}, "platform"),
        ({"platform": "tiktok"}, "instance"),
        ({"platform": "bluesky"}, "platform"),
        ({"platform": "friendster"}, "platform"),
        ({"instance": ABSENT}, "instance"),
        *(({"instance": host}, "instance") for host in (
            "localhost", "10.0.0.1", "127.0.0.1:1", "2130706433", "mastodon.social/about",
            "ada@mastodon.social", "http://mastodon.social", "mastodon.social:22",
        )),
        ({"returnUrl": "not a url"}, "returnUrl"),
        ({"returnUrl": f"{BACK}&state=1"}, "returnUrl"),
    ]),
    "connect_social_account": (LOGIN, [
        ({"platform": "mastodon"}, "platform"),
        ({"platform": "tiktok"}, "platform"),
        *(({"identifier": name}, "identifier") for name in (
            "shop", "shop@example.com", "fail_auth", "did:key:z6Mk", "", "a." * 127 + "com",
        )),
        ({"appPassword": ""}, "appPassword"),
        ({"appPassword": "x" * 257}, "appPassword"),
        ({"appPassword": ABSENT}, "appPassword"),
        *(({"serviceUrl": url}, "serviceUrl") for url in (
            "http://bsky.social", "https://bsky.social/xrpc", "https://user:pass@bsky.social",
            "https://127.0.0.1", "https://10.0.0.1", "https://metadata.internal", "ftp://bsky.social",
        )),
    ]),
    "request_leased_accounts": (ASKED, [
        ({"count": 0}, "count"),
        ({"count": 51}, "count"),
        ({"count": 1.5}, "count"),
        ({"niche": ""}, "niche"),
        ({"niche": "x" * 201}, "niche"),
        ({"platform": "myspace"}, "platform"),
        ({"note": "x" * 2001}, "note"),
        ({"requestId": "mine"}, "requestId"),
    ]),
    "create_sdk_app": (PHONE_APP, [
        ({"name": ""}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"name": ABSENT}, "name"),
        ({"platform": "windows"}, "platform"),
        ({"platform": None}, "platform"),
        ({"bundleId": ABSENT}, "bundleId"),
        ({"bundleId": None}, "bundleId"),
        ({"androidPackage": "com.example.app"}, "androidPackage"),
        ({"webDomain": "example.com"}, "webDomain"),
        ({"bundleId": "app"}, "bundleId"),
        (ANDROID | {"androidPackage": "com.my-app"}, "androidPackage"),
        (WEB | {"webDomain": "https://example.com"}, "webDomain"),
        ({"appId": "mine"}, "appId"),
        ({"capi": {}}, "capi"),
    ]),
    "patch_sdk_app": ({}, [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"platform": "ios"}, "platform"),
        ({"bundleId": "com.example.app"}, "bundleId"),
        ({"bundleId": "app"}, "bundleId"),
        ({"webDomain": None}, "webDomain"),
        ({"webDomain": "com"}, "webDomain"),
        ({"rotateKey": "yes"}, "rotateKey"),
        ({"overlapHours": 1}, "overlapHours"),
        *(({"rotateKey": True, "overlapHours": hours}, "overlapHours") for hours in (-1, 25, 1.5, "1", None)),
        ({"apiKey": "x"}, "apiKey"),
        *(({"capi": {"meta": {field: value}}}, f"capi.meta.{field}") for field, value in CAPI),
        ({"capi": {"google": {}}}, "capi.google"),
        ({"capi": {"meta": {"enabled": True, "pixelId": "1"}}}, "capi.meta.accessToken"),
    ]),
    "reject_lease_request": ({}, [({"reason": ""}, "reason")]),
    "create_influencer": ({}, [
        *(({"name": name}, "name") for name in ("", " ", "x" * 129)),
        ({"prompt": "x" * 1001}, "prompt"),
        ({"gender": "robot"}, "gender"),
        ({"ageRange": "baby"}, "ageRange"),
        ({"language": "de"}, "language"),
    ]),
    "patch_influencer": ({}, [({"language": "German"}, "language"), ({"name": " \n "}, "name")]),
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
        ({"statuses": ["completed"]}, "statuses[0]"),
        ({"until": "tomorrow"}, "until"),
        ({"cursor": "bm9uc2Vuc2U"}, "cursor"),
        ({"stages": ["queued"]}, "stages"),
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
