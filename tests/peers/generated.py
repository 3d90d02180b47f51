"""Generated content over HTTP: one item of each format."""

from pathlib import Path
from typing import Any

import httpx

from tests.api.generated.conftest import BRAND
from tests.generation.remix import clips
from tests.waiting import PATIENCE_S

FORMATS = ("image", "slideshow", "video", "ugc_remix")
#: The minimal length of a video.
SECONDS = 8


async def answer(http: httpx.AsyncClient, method: str, path: str, **sent: Any) -> dict[str, Any]:
    response = await http.request(method, f"/v1{path}", timeout=PATIENCE_S, **sent)
    assert response.is_success, response.text
    return dict(response.json())


async def made(http: httpx.AsyncClient, project: str, clip: bytes) -> dict[str, str]:
    """Generate an item of each format; return their ids once all are completed. Needs a worker."""
    await answer(http, "PATCH", project, json={"brandContext": BRAND})
    files = [("caption", (None, "Low water")), ("file", ("clip.mp4", clip, "video/mp4"))]
    source = (await answer(http, "POST", f"{project}/content/upload", files=files))["id"]
    more: dict[str, dict[str, Any]] = {
        "video": {"seconds": SECONDS},
        "ugc_remix": {"seconds": SECONDS, "sourceContentId": source},
    }
    items = {}
    for name in FORMATS:
        body = {"format": name, **more.get(name, {})}
        accepted = await answer(http, "POST", f"{project}/content", json=body)
        await completed(http, accepted["jobId"])
        items[name] = accepted["contentId"]
    return items


async def completed(http: httpx.AsyncClient, job_id: str) -> None:
    """Wait until the job has ended, without a limit: the test has its own."""
    job: dict[str, Any] = {"status": "running"}
    while job["status"] == "running":
        job = await answer(http, "GET", f"/jobs/{job_id}", params={"wait": 30})
    assert job["status"] == "completed", job


def clip(folder: Path) -> bytes:
    """Return a clip of ten seconds."""
    picture = "testsrc2=size=640x360:rate=30:duration=10"
    sound = "sine=frequency=330:sample_rate=48000:duration=10"
    return clips.make_clip(folder / "clip.mp4", picture=picture, sound=sound).read_bytes()
