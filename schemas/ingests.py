"""Bodies of the requests that start an ingest."""

from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import In, Text

Url = Annotated[Text, Meta(max_length=2048, examples=["https://example.com"])]
RepoName = Annotated[Text, Meta(max_length=500, examples=["octocat/hello-world"])]
Branch = Annotated[Text, Meta(max_length=255, examples=["main"])]
Country = Annotated[Text, Meta(max_length=16, examples=["us"])]


class IngestWebsite(In, frozen=True, kw_only=True):
    """A website to read."""

    url: Url
    """The page to begin with, http or https."""
    follow_links: bool = False
    """Also read pages of the same site that this one and the site's root lead to."""
    max_pages: Annotated[int, Meta(ge=1, le=25)] = 1
    """How many pages to read, this one included. The site's root is read anyway and doesn't count."""


class IngestGitHub(In, frozen=True, kw_only=True):
    """A repository to read."""

    repo_full_name: RepoName
    """`owner/name`, or an address of the repository on github.com in any form."""
    branch: Branch | None = None
    """The branch to read. The repository's default one unless given."""


class IngestAppStore(In, frozen=True, kw_only=True):
    """An app to read of: at least one of the three names. What several name is read and merged."""

    at_least_one: ClassVar[tuple[str, ...]] = ("appStoreUrl", "iosBundleId", "androidPackage")

    app_store_url: (
        Annotated[Text, Meta(max_length=2048, examples=["https://apps.apple.com/us/app/slack/id618783545"])]
        | None
    ) = None
    """An app's page of the App Store or Google Play, or an App Store id."""
    ios_bundle_id: Annotated[Text, Meta(max_length=155, examples=["com.example.app"])] | None = None
    """The app's bundle id in the App Store."""
    android_package: Annotated[Text, Meta(max_length=150, examples=["com.example.app"])] | None = None
    """The app's package name on Google Play."""
    country_code: Country = "us"
    """The storefront to ask where the URL names none, ISO 3166-1 alpha-2."""
