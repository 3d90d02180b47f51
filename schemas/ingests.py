"""Bodies of the requests that start an ingest."""

from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import In, Text


class IngestWebsite(In, frozen=True, kw_only=True):
    """`followLinks` also reads pages of the same site that this one and the site's root lead to.

    `maxPages` counts this page and those, and not the root, which is read for the brand's name anyway.
    """

    url: Annotated[Text, Meta(max_length=2048, examples=["https://example.com"])]
    follow_links: bool = False
    max_pages: Annotated[int, Meta(ge=1, le=25)] = 1


class IngestGitHub(In, frozen=True, kw_only=True):
    """`repoFullName` is `owner/name`, or an address of the repository on github.com in any form.

    `branch` is the one to read; the repository's default one where there is none.
    """

    repo_full_name: Annotated[Text, Meta(max_length=500, examples=["octocat/hello-world"])]
    branch: Annotated[Text, Meta(max_length=255, examples=["main"])] | None = None


class IngestAppStore(In, frozen=True, kw_only=True):
    """At least one of the three; what several name is read and merged.

    `appStoreUrl` is an app's page of the App Store or Google Play, or an App Store id. `countryCode` is the
    storefront to ask where the URL names none. Null is as good as left out.
    """

    at_least_one: ClassVar[tuple[str, ...]] = ("appStoreUrl", "iosBundleId", "androidPackage")

    app_store_url: (
        Annotated[Text, Meta(max_length=2048, examples=["https://apps.apple.com/us/app/slack/id618783545"])]
        | None
    ) = None
    ios_bundle_id: Annotated[Text, Meta(max_length=155, examples=["com.example.app"])] | None = None
    android_package: Annotated[Text, Meta(max_length=150, examples=["com.example.app"])] | None = None
    country_code: Annotated[Text, Meta(max_length=16, examples=["us"])] = "us"
