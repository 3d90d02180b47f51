"""What the parsing process is asked about a store's answers."""

import msgspec


class Software(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Apple's look-up says of one thing in the store; all that we read of it is text."""

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
    genres: list[str] | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True, tag="listing"):
    """An app as the storefront of `country` shows it; `url` is its page there."""

    url: str
    country: str
    software: Software


class StorePage(msgspec.Struct, frozen=True, kw_only=True, tag="store_page"):
    """The App Store's web page of the app of this id: only its subtitle is wanted."""

    url: str
    track_id: int
    body: bytes
    content_type: str = ""


class PlayPage(msgspec.Struct, frozen=True, kw_only=True, tag="play_page"):
    """Google Play's web page of an app, as the storefront of `country` shows it; `url` names no language."""

    url: str
    country: str
    body: bytes
    content_type: str = ""
