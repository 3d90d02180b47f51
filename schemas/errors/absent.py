"""The 404 errors: one message for each kind of object, and the prefix of its ids.

An object of another organization gets the same answer, which reveals nothing about other organizations.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

from schemas import ids
from schemas.errors.refusals import NotFound

T = TypeVar("T")

Noun = Literal[
    "account", "api_key", "app_media", "asset", "content", "github_installation", "influencer", "job",
    "lease_request", "leased_account", "organization", "post", "project", "sandbox", "sdk_app",
    "webhook_delivery", "webhook_endpoint", "webhook_event",
]  # fmt: skip


class Missing(NamedTuple):
    """`prefix` is None for an object without an id in any path."""

    prefix: str | None
    message: str


_FOREIGN = "check the id, and that the key belongs to its organization"

MISSING: Mapping[Noun, Missing] = {
    "account": Missing(ids.ACCOUNT, f"no such social account: {_FOREIGN}"),
    "api_key": Missing(ids.KEY, "no such API key: check the id"),
    "app_media": Missing(ids.ASSET, "no such file of the app: check the id, and that it is the project's"),
    "asset": Missing(ids.ASSET, "no such file: check the id, and that it is the content's"),
    "content": Missing(ids.CONTENT, f"no such content: {_FOREIGN}"),
    "github_installation": Missing(
        None, "no GitHub installation is connected: start with POST /v1/github/install-url"
    ),
    "influencer": Missing(ids.INFLUENCER, f"no such influencer: {_FOREIGN}"),
    "job": Missing(ids.JOB, f"no such job: {_FOREIGN}"),
    "lease_request": Missing(
        ids.LEASE_REQUEST, "no such lease request: check the id, and that it is the project's"
    ),
    "leased_account": Missing(
        ids.ACCOUNT,
        "no such leased account: check the id; disconnect other accounts with DELETE "
        "/v1/social-accounts/{id}",
    ),
    "organization": Missing(ids.ORGANIZATION, "no such organization: check the id"),
    "post": Missing(ids.POST, f"no such scheduled post: {_FOREIGN}"),
    "project": Missing(ids.PROJECT, f"no such project: {_FOREIGN}"),
    "sandbox": Missing(None, "only a sandbox has this: use a test key"),
    "sdk_app": Missing(ids.APP, "no such SDK app: check the id, and that it is the project's"),
    "webhook_delivery": Missing(ids.WEBHOOK_DELIVERY, f"no such delivery: {_FOREIGN}"),
    "webhook_endpoint": Missing(ids.WEBHOOK_ENDPOINT, f"no such webhook endpoint: {_FOREIGN}"),
    "webhook_event": Missing(ids.WEBHOOK_EVENT, f"no such webhook event: {_FOREIGN}"),
}


def absent(noun: Noun) -> NotFound:
    """Return the `NotFound` for an absent object of this kind; the caller raises it."""
    return NotFound(MISSING[noun].message)


def present(found: T | None, noun: Noun) -> T:
    """Return the object unchanged. Raises the `NotFound` of its kind if it is None."""
    if found is None:
        raise absent(noun)
    return found
