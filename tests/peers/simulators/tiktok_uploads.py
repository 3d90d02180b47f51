"""The upload URL: chunks in order, and the last byte of the last is what makes the post.

Statuses as the media transfer guide has them [D]: 206, 201, 400, 403, 404, 416. That an upload which is whole
answers 416 to more is ours: the guide says nothing of it.
"""

import re
from typing import NamedTuple

from tests.peers.simulators.routing import Answer, Refused, Request
from tests.peers.simulators.tiktok_posts import Post, Stage, Upload

TYPES = {"video/mp4", "video/quicktime", "video/webm"}

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Range(NamedTuple):
    start: int
    end: int
    total: int


def range_of(request: Request) -> Range | None:
    found = _RANGE.fullmatch(request.headers.get("content-range", ""))
    return Range(*map(int, found.groups())) if found else None


def take(post: Post | None, request: Request, now: float) -> bool:
    """Take a chunk in; whether it was the last. Raises `Refused`, and then nothing has changed."""
    upload = allowed(post, request, now)
    assert post is not None
    found = range_of(request)
    if found is None or request.headers.get("content-type") not in TYPES:
        raise Refused(Answer(400, b"Content-Range or Content-Type is missing or malformed"))
    if found.end - found.start + 1 != len(request.body):
        raise Refused(Answer(400, b"the body isn't as long as Content-Range says"))
    expected = Range(post.file.size, upload.end_of(post.file.size), upload.size)
    if post.stage is not Stage.OPEN or found != expected:
        raise Refused(Answer(416, b"Content-Range isn't what comes next", progress(post, upload)))
    post.file.add(request.body)
    return post.file.size == upload.size


def allowed(post: Post | None, request: Request, now: float) -> Upload:
    if post is None or post.upload is None or request.query.get("upload_token") != post.upload.token:
        raise Refused(Answer(404, b"there is no such upload"))
    if now >= post.upload.ends_at:
        raise Refused(Answer(403, b"the upload_url has expired"))
    return post.upload


def progress(post: Post, upload: Upload) -> dict[str, str]:
    """The guide's own form: the number of bytes, not the last one's."""
    return {"Content-Range": f"bytes 0-{post.file.size}/{upload.size}"}
