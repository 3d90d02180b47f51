"""TikTok fetches: each address once, whole, following no redirect [D]."""

import httpx

from tests.peers.simulators.tiktok_files import Received, is_photo
from tests.peers.simulators.tiktok_posts import Post

LARGEST_PHOTO = 20 * 10**6


async def pull(post: Post) -> str | None:
    """Fetch all of its addresses in their order; the fail_reason if one can't be had or isn't a photo."""
    async with httpx.AsyncClient(timeout=10, follow_redirects=False, trust_env=False, verify=False) as http:
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


def wrong_photo(post: Post, file: Received) -> str | None:
    post.file.size += file.size
    if not is_photo(file.head):
        return "file_format_check_failed"
    return "picture_size_check_failed" if file.size > LARGEST_PHOTO else None
