"""Messages to the parsing process about a store's responses."""

import msgspec


class AppLookupResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Result of Apple's lookup: an app, or another thing in the store."""

    wrapper_type: str | None = None
    track_id: int | None = None
    track_name: str | None = None
    bundle_id: str | None = None
    description: str | None = None
    seller_name: str | None = None
    seller_url: str | None = None
    track_view_url: str | None = None
    artwork_url512: str | None = None
    artwork_url100: str | None = None
    screenshot_urls: list[str] | None = None
    ipad_screenshot_urls: list[str] | None = None
    genres: list[str] | None = None


class FetchedStoreApp(msgspec.Struct, frozen=True, kw_only=True, tag="listing"):
    """App in the storefront of `country`; `url` is its page there."""

    url: str
    country: str
    software: AppLookupResult


class FetchedAppStoreWebPage(msgspec.Struct, frozen=True, kw_only=True, tag="store_page"):
    """Web page of an app in the App Store. Its subtitle is read."""

    url: str
    track_id: int
    body: bytes
    content_type: str = ""


class FetchedGooglePlayWebPage(msgspec.Struct, frozen=True, kw_only=True, tag="play_page"):
    """Web page of an app on Google Play, in the storefront of `country`; `url` has no language."""

    url: str
    country: str
    body: bytes
    content_type: str = ""
