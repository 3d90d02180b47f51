"""followLinks: the choice, number and pace of pages, and failures of a page."""

import asyncio
from collections.abc import Awaitable

import pytest

from schemas import ids
from tests.workers.ingest.website.visits import ingest_fresh_site, ingest_site, warning_codes
from tests.workers.web.web import (
    Answers,
    Script,
    SleepClock,
    allowed_client,
    raw_response,
    robots_txt,
    serve,
    silence,
    write_response,
)
from workers.ingest.parser.parser import DocumentParser
from workers.ingest.pictures import fetch_images
from workers.ingest.website import ingest as ingesting
from workers.ingest.website import session
from workers.ingest.website.ingest import ingest_website_source
from workers.ingest.website.session import CrawlSession, T, WebCrawlResources, build_crawl_resources
from workers.web.robots import RobotsRulesCache
from workers.web.site_rate import SiteRateLimiter

NAV = """<nav><a href="/blog/1">Blog</a><a href="/features">Features</a><a href="/login">Sign in</a>
<a href="https://elsewhere.test/about">About</a><a href="/preise">Preise</a></nav>
<footer><a href="/about">About us</a><a href="/about#team">Team</a><a href="/brochure.pdf">PDF</a></footer>"""
HOME = raw_response(body=f"<html lang=en><title>Zap — Draw what you say</title>{NAV}<h1>Draw what you say</h1>")


def page(title: str) -> bytes:
    return raw_response(body=f"<title>{title} | Zap</title><h1>{title}</h1><p>This page is all about {title} at Zap.")


PAGES = {
    "/": HOME,
    "/about": page("About"),
    "/preise": page("Prices"),
    "/features": page("Features"),
    "/blog/1": page("Blog"),
}


def read(paths: list[str]) -> list[str]:
    return [path for path in paths if path not in {"/robots.txt", "/llms.txt", "/"}]


async def test_only_the_page_about_the_brand_is_read_without_a_request_to_follow_links(parser: DocumentParser) -> None:
    for follow_links, max_pages in ((False, 5), (True, 1)):
        _, site = await ingest_fresh_site(parser, PAGES, follow_links=follow_links, max_pages=max_pages)
        assert read(site.paths) == ["/about"]
    other_links = "<title>Zap</title><a href=/about/team>Team</a><a href=/price>Price</a>"
    answers = {**PAGES, "/": raw_response(body=other_links)}
    _, site = await ingest_fresh_site(parser, answers, max_pages=5)
    assert read(site.paths) == []


@pytest.mark.parametrize(
    "link",
    [
        "<a href=/ueber-uns.html>Mehr",
        "<a href=/x>Chi siamo",
        "<a href=/x>Qui sommes-nous ?",
        "<a href=/o-nas>O",
        "<a href=/x>О компании",
        "<a href=/x>会社案内",
        "<a href=/x>من نحن",
    ],
)
async def test_a_page_about_the_brand_is_known_in_many_languages(parser: DocumentParser, link: str) -> None:
    _, site = await ingest_fresh_site(parser, {"/": raw_response(body=f"<title>Zap</title><p>We draw.{link}</a>")})
    assert len(read(site.paths)) == 1


async def test_topic_pages_are_read_first(parser: DocumentParser) -> None:
    extraction, site = await ingest_fresh_site(parser, PAGES, follow_links=True, max_pages=4)
    assert sorted(read(site.paths)) == ["/about", "/features", "/preise"]
    assert extraction.warnings == []
    assert extraction.fields["appName"].value == "Zap"


async def test_the_root_does_not_count_and_its_links_are_used(parser: DocumentParser) -> None:
    answers = {**PAGES, "/x": raw_response(body="<title>X</title><p>Nothing leads on from here.")}
    _, site = await ingest_fresh_site(parser, answers, "/x", follow_links=True, max_pages=2)
    assert read(site.paths) == ["/x", "/about"]


async def test_the_named_pages_description_wins_over_a_linked_pages(parser: DocumentParser) -> None:
    described = "<meta property=og:description content='{}'>".format
    answers = {
        "/": raw_response(body=described("What Zap does for those who draw.") + NAV),
        "/about": raw_response(body=described("About the people of the company.")),
    }
    extraction, _ = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=2)
    finding = extraction.fields["appDescription"]
    assert finding.value == "What Zap does for those who draw."
    assert finding.alternatives[0].value == "About the people of the company."


async def test_a_failed_page_is_a_warning(parser: DocumentParser) -> None:
    answers = {
        **PAGES,
        "/about": raw_response(500),
        "/features": raw_response(body="{}", content_type="application/json"),
    }
    extraction, site = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=4)
    assert warning_codes(extraction) == ["page_unread", "page_unread"]
    assert any(site.url("/about") in warning for warning in extraction.warnings)


async def test_pages_beyond_the_cpu_of_an_ingest_are_warnings(parser: DocumentParser) -> None:
    """The remaining CPU is too little for more than the named page."""
    job = DocumentParser(parser.parsing, ids.new_uuid7(), left_s=1e-9)
    extraction, _ = await ingest_fresh_site(job, PAGES, follow_links=True, max_pages=3)
    assert warning_codes(extraction) == ["page_unread", "page_unread", "underived"]
    assert all("that one ingest has" in warning for warning in extraction.warnings)
    assert extraction.fields["appName"].value == "Zap"


async def test_pages_with_one_redirect_target_are_read_once(parser: DocumentParser) -> None:
    answers = {**PAGES, "/about": raw_response(302, location="/"), "/preise": raw_response(302, location="/features")}
    extraction, _ = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=4)
    assert extraction.warnings == []
    assert extraction.fields["appName"].value == "Zap"


async def test_progress_is_reported_for_each_page(parser: DocumentParser) -> None:
    reports: list[tuple[str, float]] = []

    async def report(stage: str, ratio: float) -> None:
        reports.append((stage, round(ratio, 2)))

    async with serve(PAGES) as site, allowed_client(site) as client:
        args = {"url": site.url(), "follow_links": True, "max_pages": 4}
        await ingest_website_source(build_crawl_resources(client), parser, args=args, progress=report)
    assert [stage for stage, _ in reports] == ["fetching"] * 6 + ["analyzing"]
    assert [ratio for _, ratio in reports] == [0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75]


class PairedPages:
    """Pages that wait for a second open page; `highest` is the highest number open at once."""

    def __init__(self) -> None:
        self.open = self.highest = 0
        self.pair = asyncio.Event()

    async def answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.highest = max(self.highest, self.open)
        if self.open == 2:
            self.pair.set()
        await self.pair.wait()
        self.open -= 1
        await write_response(writer, page("Crowd"))


async def test_a_site_gets_two_requests_at_once_from_all_jobs(parser: DocumentParser) -> None:
    crowd = PairedPages()
    answers: Answers = {**PAGES, **dict.fromkeys(("/about", "/preise", "/features", "/blog/1"), crowd.answer)}
    async with serve(answers) as site, allowed_client(site) as client:
        web = build_crawl_resources(client)
        jobs = [ingest_site(parser, web, site, follow_links=True, max_pages=5) for _ in range(3)]
        assert [extraction.warnings for extraction in await asyncio.gather(*jobs)] == [[]] * 3
    assert crowd.highest == 2


async def test_a_crawl_delay_is_kept_between_requests(parser: DocumentParser) -> None:
    clock = SleepClock()
    answers = {**PAGES, "/robots.txt": robots_txt("Crawl-delay: 2")}
    async with serve(answers) as site, allowed_client(site) as client:
        web = WebCrawlResources(client, RobotsRulesCache(client), SiteRateLimiter(clock=clock, sleep=clock.sleep))
        extraction = await ingest_site(parser, web, site, follow_links=True, max_pages=3)
    assert extraction.warnings == []
    assert len(clock.slept) == len(site.paths) - 2 == 3


async def fail_on_sleep(seconds: float) -> None:
    raise AssertionError(seconds)


async def test_a_crawl_delay_beyond_the_time_is_not_awaited(
    parser: DocumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_CRAWL_TIME_S", 8.0)
    monkeypatch.setattr(fetch_images, "MAX_IMAGE_FETCHING_S", 8.0)
    answers = {**PAGES, "/robots.txt": robots_txt("Crawl-delay: 3600")}
    async with serve(answers) as site, allowed_client(site) as client:
        web = WebCrawlResources(client, RobotsRulesCache(client), SiteRateLimiter(sleep=fail_on_sleep))
        extraction = await ingest_site(parser, web, site, follow_links=True, max_pages=25)
    assert site.paths == ["/robots.txt", "/"]
    assert warning_codes(extraction) == ["truncated"]
    assert extraction.fields["appName"].value == "Zap"


class ShortSession(CrawlSession):
    """Session that is soon out of time once the named page was read."""

    async def await_or_none(self, reading: Awaitable[T], *, otherwise: str | None = None) -> T | None:
        self.ends = min(self.ends, asyncio.get_running_loop().time() + 0.5)
        return await super().await_or_none(reading, otherwise=otherwise)


@pytest.mark.parametrize("path", ["/about", "/llms.txt"])
async def test_pages_read_in_time_are_kept(parser: DocumentParser, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "CrawlSession", ShortSession)
    answers: dict[str, bytes | Script] = {**PAGES, path: silence}
    extraction, _ = await ingest_fresh_site(parser, answers, follow_links=True, max_pages=2)
    assert warning_codes(extraction) == ["truncated"]
    assert extraction.fields["appName"].value == "Zap"
    assert extraction.visit is not None
    assert extraction.visit.answers == {}


async def test_the_prose_of_the_page_about_the_brand_counts_for_its_voice(parser: DocumentParser) -> None:
    def prose(count: int, about: str) -> str:
        return "".join(
            f"<p>We draw {number} lines of {about} for you, and your hand stays warm." for number in range(count)
        )

    home = raw_response(body=f"<html lang=en><title>Zap</title>{NAV}<h1>Draw what you say</h1>{prose(2, 'words')}")
    about = raw_response(body=f"<html lang=en><title>About | Zap</title><h1>About us</h1>{prose(5, 'ink')}")
    answers = {**PAGES, "/": home, "/about": about}
    alone, _ = await ingest_fresh_site(parser, {**answers, "/about": raw_response(500)})
    both, _ = await ingest_fresh_site(parser, answers)
    assert "brandVoice" not in alone.fields
    assert "Addresses readers as “you” and says “we”." in str(both.fields["brandVoice"].value)
