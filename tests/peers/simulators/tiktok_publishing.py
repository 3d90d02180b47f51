"""Calls that create a post, and status calls."""

import secrets
from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
import msgspec

from tests.peers.simulators.ledger import Entry
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok_errors import envelope, refused
from tests.peers.simulators.tiktok_files import Received, duration_s, is_photo, is_video
from tests.peers.simulators.tiktok_inits import (
    InboxInit,
    PhotoInit,
    VideoInit,
    VideoSource,
    check_audience,
    check_length,
    check_photos,
    check_upload,
    check_urls,
)
from tests.peers.simulators.tiktok_oauth import TikTokOAuth
from tests.peers.simulators.tiktok_people import Creator, People, TikTokApp
from tests.peers.simulators.tiktok_posts import (
    AnnouncedUpload,
    Posts,
    TikTokPost,
    progress,
    publish_id,
    status_of,
    take,
)
from tests.peers.simulators.tiktok_tokens import Family
from tests.waiting import PATIENCE_S

UPLOAD_S = 3600
#: Maximal length of a draft, which its owner may still cut.
LONGEST_DRAFT_S = 600

T = TypeVar("T")


class Publishing:
    def __init__(
        self, simulator: Simulator, application: TikTokApp, people: People, oauth: TikTokOAuth, posts: Posts
    ) -> None:
        self._simulator, self._clock = simulator, simulator.clock
        self._application, self._people, self._oauth, self._posts = application, people, oauth, posts
        for method, path, handler in (
            ("POST", "/v2/post/publish/creator_info/query/", self.creator_info),
            ("POST", "/v2/post/publish/video/init/", self.video_init),
            ("POST", "/v2/post/publish/inbox/video/init/", self.inbox_init),
            ("POST", "/v2/post/publish/content/init/", self.content_init),
            ("POST", "/v2/post/publish/status/fetch/", self.status),
            ("PUT", "/upload/", self.upload),
        ):
            simulator.routes.add(method, path, handler)

    def _caller(self, request: Request, what: str, a_minute: int, *scopes: str) -> tuple[Family, Creator]:
        return self._oauth.caller(request, what, a_minute, scopes, self._clock.now())

    async def creator_info(self, request: Request) -> SimReply:
        _, creator = self._caller(request, "creator_info", 20, "video.publish")
        self._posts.settle()
        if self._posts.sent_today(creator) >= creator.posts_per_day:
            raise refused("spam_risk_too_many_posts", "the daily cap is reached", 200)
        creator.info_read = True
        return envelope(creator.creator_info())

    async def video_init(self, request: Request) -> SimReply:
        family, creator = self._caller(request, "video_init", 6, "video.publish")
        asked = body_of(request, VideoInit)
        check_length("title", asked.post_info.title, 2200)
        check_audience(asked.post_info, creator)
        post = self._post(
            family,
            caption=asked.post_info.title,
            privacy=asked.post_info.privacy_level,
            source=asked.source_info,
            is_aigc=asked.post_info.is_aigc,
        )
        return self._begun(post, creator)

    async def inbox_init(self, request: Request) -> SimReply:
        family, creator = self._caller(request, "inbox_init", 6, "video.upload")
        asked = body_of(request, InboxInit)
        check_length("title", asked.post_info.title, 2200)
        post = self._post(family, caption=asked.post_info.title, privacy=None, source=asked.source_info, is_draft=True)
        return self._begun(post, creator)

    async def content_init(self, request: Request) -> SimReply:
        family, creator = self._caller(request, "content_init", 6, "video.publish", "video.upload")
        asked = body_of(request, PhotoInit)
        is_draft = asked.post_mode == "MEDIA_UPLOAD"
        if (scope := "video.upload" if is_draft else "video.publish") not in family.scopes:
            raise refused("scope_not_authorized", f"the user did not authorize {scope}")
        info = asked.post_info
        check_length("title", info.title, 90)
        check_length("description", info.description, 4000)
        check_photos(asked.source_info)
        if not is_draft:
            check_audience(info, creator)
        post = self._post(
            family,
            caption=info.description or info.title,
            privacy=None if is_draft else info.privacy_level,
            source=asked.source_info.photo_images,
            is_draft=is_draft,
        )
        return self._begun(post, creator)

    def _post(
        self,
        family: Family,
        *,
        caption: str,
        privacy: str | None,
        source: VideoSource | Sequence[str],
        is_draft: bool = False,
        is_aigc: bool = False,
    ) -> TikTokPost:
        """Build a post from a video's source, or from photo URLs, and validate the source."""
        now, is_photo = self._clock.now(), not isinstance(source, VideoSource)
        upload, urls = sourced(source, now)
        check_urls(urls, self._application)
        key = publish_id(is_photo=is_photo, is_draft=is_draft)
        entry = Entry(
            key=key,
            account=family.username,
            caption=caption,
            kind="photo" if is_photo else "video",
            begun_at=now,
            ai_label=is_aigc,
            audience=privacy,
        )
        return TikTokPost(
            key=key,
            username=family.username,
            family=family.key,
            is_draft=is_draft,
            privacy=privacy,
            entry=entry,
            upload=upload,
            urls=urls,
        )

    def _begun(self, post: TikTokPost, creator: Creator) -> SimReply:
        """Begin the post, or refuse for reasons of the platform."""
        self._posts.settle()
        if post.is_draft and self._posts.pending(creator) >= creator.pending_shares:
            raise refused("spam_risk_too_many_pending_share", "too many drafts wait in the inbox")
        if not post.is_draft and self._posts.sent_today(creator) >= creator.posts_per_day:
            raise refused("spam_risk_too_many_posts", "the daily cap is reached")
        self._posts.begin(post)
        if post.upload is None:
            self._posts.accept(post)
            self._clock.start(self._pulled(post, self._clock.now() + creator.pull_after_s))
            return envelope({"publish_id": post.key})
        upload_id = post.key.rpartition(".")[2]
        url = f"{self._simulator.base}/upload/?upload_id={upload_id}&upload_token={post.upload.token}"
        return envelope({"publish_id": post.key, "upload_url": url})

    async def _pulled(self, post: TikTokPost, at: float) -> None:
        await self._clock.sleep_until(at)
        self._posts.judge(post, post.fate or await pull(post), at)

    def uploader(self, request: Request) -> str | None:
        post = self._uploaded(request)
        return post.username if post else None

    def _uploaded(self, request: Request) -> TikTokPost | None:
        upload_id = request.query.get("upload_id")
        found = (post for key, post in self._posts.by_key.items() if key.rpartition(".")[2] == upload_id)
        return next(found, None)

    async def upload(self, request: Request) -> SimReply:
        post = self._uploaded(request)
        is_whole = take(post, request, self._clock.now())
        assert post is not None
        assert post.upload is not None
        if is_whole:
            post.entry.sha256 = [post.file.sha256()]
            self._posts.accept(post)
            self._posts.judge(post, self._wrong_video(post), self._clock.now())
        return SimReply(201 if is_whole else 206, b"", progress(post, post.upload))

    def _wrong_video(self, post: TikTokPost) -> str | None:
        """Return the fail_reason of an invalid video, or None."""
        if not is_video(post.file.head):
            return "file_format_check_failed"
        seconds = duration_s(post.file.head)
        most = LONGEST_DRAFT_S if post.is_draft else self._people.of(post.username).max_video_post_duration_sec
        return "duration_check_failed" if seconds is not None and seconds > most else None

    async def status(self, request: Request) -> SimReply:
        family, _ = self._caller(request, "status", 30, "video.publish", "video.upload")
        key = msgspec.convert(body_of(request, dict[str, Any]).get("publish_id"), str | None)
        self._posts.settle()
        post = self._posts.by_key.get(key or "")
        if post is None:
            raise refused("invalid_publish_id", "The publish_id does not exist.")
        if post.username != family.username:
            raise refused("token_not_authorized_for_specified_publish_id", "It is somebody else's.")
        return envelope(status_of(post))


def sourced(source: VideoSource | Sequence[str], now: float) -> tuple[AnnouncedUpload | None, Sequence[str]]:
    """Return the upload, or the URLs to pull."""
    if not isinstance(source, VideoSource):
        return None, source
    size, chunk, count = check_upload(source)
    token = secrets.token_urlsafe(24)
    return AnnouncedUpload(size=size, chunk=chunk, count=count, token=token, ends_at=now + UPLOAD_S), []


def body_of(request: Request, shape: type[T]) -> T:
    """Decode a JSON body of this shape; unknown fields are refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise refused("invalid_param", "Content-Type is application/json; charset=UTF-8")
    try:
        return msgspec.json.decode(request.body, type=shape)
    except msgspec.DecodeError as error:
        raise refused("invalid_param", str(error)) from None


LARGEST_PHOTO = 20 * 10**6


async def pull(post: TikTokPost) -> str | None:
    """Pull all its URLs in order; return the fail_reason if one fails or isn't a photo."""
    async with httpx.AsyncClient(timeout=PATIENCE_S, follow_redirects=False, trust_env=False, verify=False) as http:
        for url in post.urls:
            file = Received()
            if not await fetched(http, url, file):
                return "photo_pull_failed"
            post.entry.sha256.append(file.sha256())
            if wrong := wrong_photo(post, file):
                return wrong
    return None


async def fetched(http: httpx.AsyncClient, url: str, file: Received) -> bool:
    try:
        async with http.stream("GET", url) as answer:
            if answer.status_code != 200:
                return False
            async for part in answer.aiter_raw():
                file.add(part)
    except httpx.TransportError:
        return False
    return file.size > 0


def wrong_photo(post: TikTokPost, file: Received) -> str | None:
    post.file.size += file.size
    if not is_photo(file.head):
        return "file_format_check_failed"
    return "picture_size_check_failed" if file.size > LARGEST_PHOTO else None
