"""Fitness of content for each platform: an item's `fits` matches the refusals of scheduling."""

from domain.accounts.platform_limits import LIMITS_BY_PLATFORM
from schemas import ids
from tests.api.conftest import uuid_of
from tests.api.posts.project import PostsProject

PLAIN, LONG = "Low tide at six.", "\N{WATER WAVE}" * 1200 + " #b" * 31
JPEG, PNG, FILM = ("image", "image/jpeg", 1000), ("image", "image/png", 3_000_000), ("video", "video/mp4", 9)
Files = list[tuple[str, str, int]]


async def add_files(project: PostsProject, content: str, files: Files) -> None:
    """Add files to content, bypassing the upload's rules."""
    for position, (kind, mime_type, size_bytes) in enumerate(files):
        await project.pool.execute(
            """insert into content_asset (organization_id, content_id, id, position, kind, mime_type, width,
                                          height, duration_ms, size_bytes, sha256, token)
               values ($1, $2, $3, $4, $5, $6, 1, 1, $7, $8, $9, $10)""",
            project.org, uuid_of(content), ids.new_uuid7(), position, kind, mime_type,
            700_000 if kind == "video" else None, size_bytes, bytes([position]) * 32,
            f"{position}{content}".replace("_", "-")[:43].ljust(43, "x"),
        )  # fmt: skip


CAPTIONS = (PLAIN, LONG, " ")
FILES: tuple[Files, ...] = ([], [JPEG] * 5, [PNG], [FILM], [JPEG, FILM])


async def test_fits_matches_the_refusals_of_scheduling(project: PostsProject) -> None:
    for number, (caption, files) in enumerate((caption, files) for caption in CAPTIONS for files in FILES):
        content = await project.content(caption=caption)
        await add_files(project, content, files)
        fits = (await project.acme.http.get(f"/v1/content/{content}")).json()["fits"]
        assert fits.keys() == LIMITS_BY_PLATFORM.keys()
        for platform, said in fits.items():
            target = {"socialAccountId": await project.account(f"shop{number}", platform=platform)}
            target |= {"privacyLevel": "private"} if platform == "tiktok" else {}
            answer = await project.schedule(content, targets=[target])
            issues = answer.json().get("error", {}).get("details", {}).get("issues", [])
            assert answer.status_code == (202 if said == "ok" else 422), answer.text
            assert said == ("; ".join(issue["message"] for issue in issues) or "ok")


async def test_incomplete_item_has_no_fits(project: PostsProject) -> None:
    content = await project.content(status="processing")
    assert (await project.acme.http.get(f"/v1/content/{content}")).json()["fits"] is None
