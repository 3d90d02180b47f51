"""TikTok creators, and the one application that requests access."""

from typing import Any

import msgspec

LEVELS = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY")

#: Options of the app; changing one makes an earlier creator_info outdated.
OPTIONS = ("offered", "comment_disabled", "max_video_post_duration_sec")


class Creator(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A person of `POST /_sim/accounts`: `username` and any of these; missing fields stay as they are.

    `fails` are the fail_reasons of the next accepted posts, first to last. Times are seconds: an accepted
    post is processed for `processing_s`, a public one then moderated for `moderation_s`; a file is pulled
    `pull_after_s` after its init.
    """

    username: str
    is_private: bool = False
    privacy_level_options: list[str] | None = None
    comment_disabled: bool = False
    max_video_post_duration_sec: int = 600
    posts_per_day: int = 15
    pending_shares: int = 5
    processing_s: float = 5
    moderation_s: float = 60
    pull_after_s: float = 2
    followers: int = 0
    fails: list[str] = msgspec.field(default_factory=list)
    #: Whether creator_info was called since the options last changed.
    info_read: bool = False

    @property
    def open_id(self) -> str:
        return f"-000{self.username}"

    @property
    def offered(self) -> list[str]:
        """Return the levels of `privacy_level_options`, or those of every account of its kind [D]."""
        if self.privacy_level_options is not None:
            return self.privacy_level_options
        return [level for level in LEVELS if level != (LEVELS[0] if self.is_private else LEVELS[2])]

    def creator_info(self) -> dict[str, Any]:
        """Return the `data` of creator_info."""
        return {
            "creator_avatar_url": f"https://p16.tiktok.test/{self.username}.jpeg",
            "creator_username": self.username,
            "creator_nickname": self.username.title(),
            "privacy_level_options": self.offered,
            "comment_disabled": self.comment_disabled,
            "duet_disabled": self.is_private,
            "stitch_disabled": self.is_private,
            "max_video_post_duration_sec": self.max_video_post_duration_sec,
        }


class TikTokApp(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Our application, as registered; `POST /_sim/app` changes it.

    `oauth_error_status`: not given by the pages. `verified_prefixes` are allowed prefixes of pulled media,
    each with a slash at its end; `callback_url` is the webhooks' address.
    """

    client_key: str = "simulatedclientkey"
    client_secret: str = "simulated-client-secret"
    redirect_uris: list[str] = msgspec.field(default_factory=list)
    verified_prefixes: list[str] = msgspec.field(default_factory=list)
    callback_url: str | None = None
    oauth_error_status: int = 400


class People:
    """Creators by username."""

    def __init__(self) -> None:
        self._creators: dict[str, Creator] = {}

    def usernames(self) -> list[str]:
        return list(self._creators)

    def of(self, username: str) -> Creator:
        """Return the creator. Raises ValueError for an unknown one."""
        if username not in self._creators:
            raise ValueError(f"no such person: {username}")
        return self._creators[username]

    def put(self, given: dict[str, Any]) -> Creator:
        """Create or change a creator."""
        before = self._creators.get(given.get("username", ""))
        known = {} if before is None else msgspec.structs.asdict(before)
        made = msgspec.convert(known | {"info_read": False} | given, Creator)
        if unknown := set(made.offered) - set(LEVELS):
            raise ValueError(f"no such privacy level: {sorted(unknown)}")
        if before is not None and "info_read" not in given:
            made.info_read = before.info_read and options(before) == options(made)
        self._creators[made.username] = made
        return made


def options(creator: Creator) -> list[Any]:
    return [getattr(creator, name) for name in OPTIONS]
