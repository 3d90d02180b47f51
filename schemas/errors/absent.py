"""The 404 errors: one message for each kind of object, and the prefix of its ids.

An object of another organization gets the same answer, which reveals nothing about other organizations.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

from schemas import ids
from schemas.errors.refusals import ObjectNotFound

T = TypeVar("T")

ObjectKind = Literal[
    "account", "api_key", "app_media", "asset", "claim", "content", "github_installation", "influencer", "job",
    "lease_request", "leased_account", "organization", "post", "project", "sandbox", "sdk_app",
    "template",
    "webhook_delivery", "webhook_endpoint", "webhook_event",
]  # fmt: skip


class IdPrefixAndMessage(NamedTuple):
    """Id prefix of a kind of object, None if no path has its id, and the message of its `ObjectNotFound`."""

    prefix: str | None
    message: str


_CHECK_ID_ADVICE = "check the id, and that the key belongs to its organization"

ID_PREFIXES_AND_MISSING_MESSAGES: Mapping[ObjectKind, IdPrefixAndMessage] = {
    "account": IdPrefixAndMessage(ids.ACCOUNT_ID_PREFIX, f"no such social account: {_CHECK_ID_ADVICE}"),
    "api_key": IdPrefixAndMessage(ids.API_KEY_ID_PREFIX, "no such API key: check the id"),
    "app_media": IdPrefixAndMessage(
        ids.ASSET_ID_PREFIX, "no such file of the app: check the id, and that it is the project's"
    ),
    "asset": IdPrefixAndMessage(ids.ASSET_ID_PREFIX, "no such file: check the id, and that it is the content's"),
    "claim": IdPrefixAndMessage(ids.CLAIM_ID_PREFIX, "no such claim: check the id, and that it is the project's"),
    "content": IdPrefixAndMessage(ids.CONTENT_ID_PREFIX, f"no such content: {_CHECK_ID_ADVICE}"),
    "github_installation": IdPrefixAndMessage(
        None, "no GitHub installation is connected: start with POST /v1/github/install-url"
    ),
    "influencer": IdPrefixAndMessage(ids.INFLUENCER_ID_PREFIX, f"no such influencer: {_CHECK_ID_ADVICE}"),
    "job": IdPrefixAndMessage(ids.JOB_ID_PREFIX, f"no such job: {_CHECK_ID_ADVICE}"),
    "lease_request": IdPrefixAndMessage(
        ids.LEASE_REQUEST_ID_PREFIX, "no such lease request: check the id, and that it is the project's"
    ),
    "leased_account": IdPrefixAndMessage(
        ids.ACCOUNT_ID_PREFIX,
        "no such leased account: check the id; disconnect other accounts with DELETE /v1/social-accounts/{id}",
    ),
    "organization": IdPrefixAndMessage(ids.ORGANIZATION_ID_PREFIX, "no such organization: check the id"),
    "post": IdPrefixAndMessage(ids.POST_ID_PREFIX, f"no such scheduled post: {_CHECK_ID_ADVICE}"),
    "project": IdPrefixAndMessage(ids.PROJECT_ID_PREFIX, f"no such project: {_CHECK_ID_ADVICE}"),
    "sandbox": IdPrefixAndMessage(None, "only a sandbox has this: use a test key"),
    "sdk_app": IdPrefixAndMessage(ids.SDK_APP_ID_PREFIX, "no such SDK app: check the id, and that it is the project's"),
    "template": IdPrefixAndMessage(ids.TEMPLATE_ID_PREFIX, f"no such template: {_CHECK_ID_ADVICE}"),
    "webhook_delivery": IdPrefixAndMessage(ids.WEBHOOK_DELIVERY_ID_PREFIX, f"no such delivery: {_CHECK_ID_ADVICE}"),
    "webhook_endpoint": IdPrefixAndMessage(
        ids.WEBHOOK_ENDPOINT_ID_PREFIX, f"no such webhook endpoint: {_CHECK_ID_ADVICE}"
    ),
    "webhook_event": IdPrefixAndMessage(ids.WEBHOOK_EVENT_ID_PREFIX, f"no such webhook event: {_CHECK_ID_ADVICE}"),
}


def not_found_error(noun: ObjectKind) -> ObjectNotFound:
    """Return the `ObjectNotFound` error for a kind of object, such as a project, without raising it."""
    return ObjectNotFound(ID_PREFIXES_AND_MISSING_MESSAGES[noun].message)


def require_found(found: T | None, noun: ObjectKind) -> T:
    """Return a looked-up object unchanged. Raise the `ObjectNotFound` error of its kind `noun` if it is None."""
    if found is None:
        raise not_found_error(noun)
    return found
