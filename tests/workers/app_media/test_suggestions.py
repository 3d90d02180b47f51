"""Suggestions of ingests: stored once, never after their deletion, and never the cause of a failed ingest."""

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec import structs
from PIL import Image, ImageDraw

from jobs.kinds import INGEST_WEBSITE_KIND
from schemas.pictures import INLINE_LOGO_RULE, PictureFoundByIngest
from tests import media
from tests.workers.app_media.fetching import MediaFetches, open_fetches
from tests.workers.tasks.project import IngestProject
from tests.workers.web.web import raw_response, serve
from workers.app_media import picture_suggestions, sample_pictures

LOGO, PREVIEW = media.picture(size=(128, 128)), media.picture("JPEG", (1200, 630))
PAGE = (
    '<html><head><title>Acme</title><link rel="icon" href="/logo.png" sizes="128x128">'
    '<link rel="apple-touch-icon" href="/logo.png"><meta property="og:image" content="/preview.jpg"></head>'
    "<body><h1>Acme keeps notes</h1><p>Notes for small teams, in one place.</p></body></html>"
)


async def ingest(mine: MediaFetches, url: str, **settings: Any) -> asyncpg.Record:
    """Run an ingest with the storage of these fetches; return its job's row."""
    named = {"assets_url": mine.folder.as_uri(), **settings}
    async with mine.project.at_work(INGEST_WEBSITE_KIND, **named):
        return await mine.project.ingested(INGEST_WEBSITE_KIND, url=url, follow_links=False, max_pages=1)


async def rows(mine: MediaFetches) -> list[asyncpg.Record]:
    return await mine.project.workers.pool.fetch(
        "select * from app_media where project_id = $1 order by kind, rank", mine.project.id
    )


async def test_known_and_deleted_suggestions_are_not_stored_again(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = open_fetches(sandbox, tmp_path)
    assert (await ingest(mine, "https://example.test/ok"))["state"] == "completed"
    logo, photo, first, *_ = before = await rows(mine)
    assert [(row["kind"], row["origin"], row["width"]) for row in before] == [
        ("logo", "suggested", 512), ("photo", "suggested", 1440), *[("screenshot", "suggested", 1080)] * 3,
    ]  # fmt: skip
    assert await mine.files_a_day_later() == sorted(row["token"] for row in before)
    await mine.delete(logo["id"])
    await mine.delete(photo["id"])
    await mine.delete(first["id"])
    await ingest(mine, "https://example.test/ok")
    after = await rows(mine)
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert [row["status"] for row in after] == ["dropped", "dropped", "dropped", "ready", "ready"]
    assert len(await mine.files_a_day_later()) == 2


async def test_a_sites_pictures_are_fetched_through_the_ssrf_guard(fetching: MediaFetches) -> None:
    answers = {
        "/": raw_response(200, PAGE),
        "/logo.png": raw_response(200, LOGO, content_type="image/png"),
        "/preview.jpg": raw_response(200, PREVIEW, content_type="image/jpeg"),
    }
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        kept = [(one["kind"], one["source_url"]) for one in await rows(fetching)]
        assert row["state"] == "completed"
        assert kept == [("logo", site.url("/logo.png")), ("screenshot", site.url("/preview.jpg"))]


def page(*images: str, node: str = "") -> bytes:
    """Return a page that names these images as previews, and software's screenshots in a node of JSON-LD."""
    named = "".join(f'<meta property="og:image" content="{one}">' for one in images)
    told = f'<script type="application/ld+json">{node}</script>' if node else ""
    return raw_response(200, PAGE.replace("</head>", f"{named}{told}</head>"))


async def test_a_sites_photos_and_screens_get_their_kinds_and_roles(fetching: MediaFetches) -> None:
    """A photo in a second size, a banner next to photos, and a dropped photo in another size are left out."""
    photos = [sample_pictures.draw_sandbox_photo(number) for number in range(2)]
    small = photos[0].resize((720, 540), Image.Resampling.LANCZOS)
    screens = [sample_pictures.draw_sandbox_app_phone_screen(number) for number in range(2)]
    shot = Image.new("RGB", (1000, 2000), "#ff7700")
    ImageDraw.Draw(shot).text((90, 120), "Every plan, at a glance", fill="black", font_size=80)
    shot.paste(screens[1].resize((660, 1173)), (170, 560))
    node = json.dumps({"@type": "MobileApplication", "name": "Acme", "screenshot": ["/screen.png", "/shot.png"]})
    answers = {
        "/": page("/small.jpg", "/large.jpg", "/banner.png", "/other.jpg", node=node),
        "/logo.png": raw_response(200, media.picture(size=(400, 100)), content_type="image/png"),
        "/small.jpg": raw_response(200, sample_pictures.encode_jpeg(small), content_type="image/jpeg"),
        "/large.jpg": raw_response(200, sample_pictures.encode_jpeg(photos[0]), content_type="image/jpeg"),
        "/other.jpg": raw_response(200, sample_pictures.encode_jpeg(photos[1]), content_type="image/jpeg"),
        "/banner.png": raw_response(200, media.picture(size=(1200, 630)), content_type="image/png"),
        "/screen.png": raw_response(200, sample_pictures.encode_png(screens[0]), content_type="image/png"),
        "/shot.png": raw_response(200, sample_pictures.encode_png(shot), content_type="image/png"),
    }
    async with serve(answers) as site:
        assert (await ingest(fetching, site.url("/"), fetch_allow=site.host))["state"] == "completed"
        kept = await rows(fetching)
        assert [(one["kind"], one["detected_role"], one["source_url"].rpartition("/")[2]) for one in kept] == [
            ("logo", "wordmark", "logo.png"),
            ("photo", "photo", "large.jpg"),
            ("photo", "photo", "other.jpg"),
            ("screenshot", "screenshot", "screen.png"),
            ("screenshot", "framed", "shot.png"),
        ]
        await fetching.delete(kept[1]["id"])
        await ingest(fetching, site.url("/"), fetch_allow=site.host)
    assert [one["id"] for one in await rows(fetching)] == [one["id"] for one in kept]


async def test_the_logo_that_a_page_draws_is_suggested_before_its_icon(fetching: MediaFetches) -> None:
    shape = '<path d="M0 0h60v30z" onclick="go()" style="fill:var(--brand)"/>'
    style = "<style>:root{--brand:#1f6f5c}</style>"
    drawn = f'{style}<header><a href="/"><svg viewBox="0 0 60 30">{shape}</svg></a></header>'
    answers = {
        "/": raw_response(200, PAGE.replace("<body>", f"<body>{drawn}")),
        "/logo.png": raw_response(200, LOGO, content_type="image/png"),
    }
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        [kept] = await rows(fetching)
        assert (row["state"], kept["source_url"]) == ("completed", site.url("/#logo"))
        again = await ingest(fetching, site.url("/"), fetch_allow=site.host)
        assert (again["state"], await rows(fetching)) == ("completed", [kept])
    assert (kept["kind"], kept["mime_type"], kept["width"], kept["height"]) == ("logo", "image/svg+xml", 60, 30)
    [stored] = (file.read_text() for file in fetching.folder.rglob(kept["token"]))
    assert 'fill="#1f6f5c"' in stored
    assert "onclick" not in stored
    colors = await fetching.project.workers.pool.fetchval(
        "select fields->'colors'->'value' from brand_source where project_id = $1", fetching.project.id
    )
    assert "#1f6f5c" in colors


def test_content_gets_a_logo_that_it_can_use_and_the_partner_the_drawn_one_too() -> None:
    icon, picture, drawn = (
        PictureFoundByIngest(kind="logo", url=rule, rule=rule, page=rule, width=width, height=10, type="image/svg+xml")
        for rule, width in (("html.icon", 10), ("html.header", 81), (INLINE_LOGO_RULE, 81))
    )
    suggested = picture_suggestions.choose_pictures_to_suggest([icon, picture, drawn])
    assert suggested == [("logo", icon), ("logo", drawn)]
    wide = structs.replace(drawn, width=80)
    assert picture_suggestions.choose_pictures_to_suggest([icon, wide]) == [("logo", wide)]


@pytest.mark.parametrize(
    "picture", [raw_response(500), raw_response(200, LOGO[:60] + bytes(3000), content_type="image/png")]
)
async def test_a_failed_picture_fails_no_ingest_and_drops_no_other(fetching: MediaFetches, picture: bytes) -> None:
    preview = raw_response(200, PREVIEW, content_type="image/jpeg")
    answers = {"/": raw_response(200, PAGE), "/logo.png": picture, "/preview.jpg": preview}
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
    [kept] = await rows(fetching)
    assert (row["state"], kept["kind"]) == ("completed", "screenshot")
    assert await fetching.files_a_day_later() == [kept["token"]]


async def test_pictures_have_a_time_limit(fetching: MediaFetches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_suggestions, "MAX_INGEST_PICTURES_FETCH_S", 0.0)
    answers = {"/": raw_response(200, PAGE), "/logo.png": raw_response(200, LOGO, content_type="image/png")}
    async with serve(answers) as site:
        row = await ingest(fetching, site.url("/"), fetch_allow=site.host)
    assert (row["state"], await rows(fetching)) == ("completed", [])


async def test_an_ingest_needs_no_storage(sandbox: IngestProject, tmp_path: Path) -> None:
    mine = open_fetches(sandbox, tmp_path)
    media.shut(tmp_path)
    assert (await ingest(mine, "https://example.test/ok"))["state"] == "completed"
    assert await rows(mine) == []
