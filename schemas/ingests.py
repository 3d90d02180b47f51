"""Request bodies that start an ingest."""

from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import In, Text

Url = Annotated[Text, Meta(max_length=2048, examples=["https://example.com"])]
RepoName = Annotated[Text, Meta(max_length=500, examples=["octocat/hello-world"])]
Branch = Annotated[Text, Meta(max_length=255, examples=["main"])]
Country = Annotated[Text, Meta(max_length=16, examples=["us"])]


class IngestWebsite(In, frozen=True, kw_only=True):
    """A website to ingest."""

    url: Url
    """The first page, http or https."""
    follow_links: bool = False
    """Also read pages of the same site that this page and the site's root link to."""
    max_pages: Annotated[int, Meta(ge=1, le=25)] = 1
    """Maximum number of pages, including this one. The site's root is always read and doesn't count."""


class IngestGitHub(In, frozen=True, kw_only=True):
    """A repository to ingest."""

    repo_full_name: RepoName
    """`owner/name`, or any URL of the repository on github.com."""
    branch: Branch | None = None
    """The branch to read. Default: the repository's default branch."""


class IngestAppStore(In, frozen=True, kw_only=True):
    """An app to ingest: at least one of three names. Listings of several names are merged."""

    at_least_one: ClassVar[tuple[str, ...]] = ("appStoreUrl", "iosBundleId", "androidPackage")

    app_store_url: (
        Annotated[Text, Meta(max_length=2048, examples=["https://apps.apple.com/us/app/slack/id618783545"])]
        | None
    ) = None
    """A URL of the app in the App Store or Google Play, or an App Store id."""
    ios_bundle_id: Annotated[Text, Meta(max_length=155, examples=["com.example.app"])] | None = None
    """The app's bundle id in the App Store."""
    android_package: Annotated[Text, Meta(max_length=150, examples=["com.example.app"])] | None = None
    """The app's package name on Google Play."""
    country_code: Country = "us"
    """The storefront if the URL names none, ISO 3166-1 alpha-2."""
