"""Request bodies that start an ingest."""

from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import NulFreeText, RequestStruct

IngestUrl = Annotated[NulFreeText, Meta(max_length=2048, examples=["https://example.com"])]
GitHubRepoName = Annotated[NulFreeText, Meta(max_length=500, examples=["octocat/hello-world"])]
GitBranch = Annotated[NulFreeText, Meta(max_length=255, examples=["main"])]
StoreCountry = Annotated[NulFreeText, Meta(max_length=16, examples=["us"])]


class IngestWebsite(RequestStruct, frozen=True, kw_only=True):
    """A website to ingest."""

    url: IngestUrl
    """The first page, http or https."""
    follow_links: bool = False
    """Also read pages of the same site that this page and the site's root link to, beyond the one about the brand."""
    max_pages: Annotated[int, Meta(ge=1, le=25)] = 1
    """Maximum number of pages, including this one. The site's root is always read and doesn't count.

    The page about the brand is always read, too: it is the first of the followed pages, or else doesn't count.
    """


class IngestGitHub(RequestStruct, frozen=True, kw_only=True):
    """A repository to ingest."""

    repo_full_name: GitHubRepoName
    """`owner/name`, or any URL of the repository on github.com."""
    branch: GitBranch | None = None
    """The branch to read. Default: the repository's default branch."""


class IngestAppStore(RequestStruct, frozen=True, kw_only=True):
    """An app to ingest: at least one of three names. Listings of several names are merged."""

    at_least_one: ClassVar[tuple[str, ...]] = ("appStoreUrl", "iosBundleId", "androidPackage")

    app_store_url: (
        Annotated[NulFreeText, Meta(max_length=2048, examples=["https://apps.apple.com/us/app/slack/id618783545"])]
        | None
    ) = None
    """A URL of the app in the App Store or Google Play, or an App Store id."""
    ios_bundle_id: Annotated[NulFreeText, Meta(max_length=155, examples=["com.example.app"])] | None = None
    """The app's bundle id in the App Store."""
    android_package: Annotated[NulFreeText, Meta(max_length=150, examples=["com.example.app"])] | None = None
    """The app's package name on Google Play."""
    country_code: StoreCountry = "us"
    """The storefront if the URL names none, ISO 3166-1 alpha-2."""
