"""robots.txt according to RFC 9309."""

import asyncio
from contextlib import AsyncExitStack

import msgspec
import pytest

from schemas.errors import RobotsDisallowed, SourceUnreachable
from tests.corpora import corpus
from tests.workers.web.web import Answers, allowed_client, raw_response, serve, silence
from workers.web import robots
from workers.web.robots import RobotsRules, RobotsRulesCache, parse_robots_txt

KEEP_OUT = "User-agent: *\nDisallow: /\n"


async def admit_path(answers: Answers, path: str = "/page") -> None:
    async with serve(answers) as site, allowed_client(site) as client:
        await RobotsRulesCache(client).load_rules_that_allow_url(site.url(path))


def rules(text: str | bytes, content_type: str = "text/plain") -> Answers:
    return {"/robots.txt": raw_response(body=text, content_type=content_type)}


FILLER = "# nothing\n" * (robots.ACCEPTED_ROBOTS_TYPE_AND_SIZE.limit // 10 + 1)
OPEN = {
    "another path": rules("User-agent: *\nDisallow: /private\n"),
    "nothing": rules(""),
    "a group for our bot": rules(f"{KEEP_OUT}\nUser-agent: BrandContextBot\nAllow: /\n"),
    "a web page": rules(f"\n <!doctype html>\n{KEEP_OUT}", content_type="text/html"),
    "rules after 500 KiB": rules(FILLER + KEEP_OUT),
    "an endless chain": {"/robots.txt": raw_response(301, location="/robots.txt")},
    **{f"{code}": {"/robots.txt": raw_response(code)} for code in (400, 401, 403, 404, 410, 429, 451)},
}
CLOSED = {
    "all": rules(KEEP_OUT),
    "a group for our bot": rules("User-agent: *\nAllow: /\n\nUser-agent: brandcontextbot\nDisallow: /page\n"),
    "a byte order mark": rules(b"\xef\xbb\xbf" + KEEP_OUT.encode()),
    "a redirect": {"/robots.txt": raw_response(301, location="/r"), "/r": rules(KEEP_OUT)["/robots.txt"]},
    "rules served as a web page": rules(KEEP_OUT, content_type="text/html"),
    "rules before 500 KiB": rules(KEEP_OUT + FILLER),
}


@pytest.mark.parametrize("case", OPEN)
async def test_allowed_pages_are_admitted(case: str) -> None:
    await admit_path(OPEN[case])


@pytest.mark.parametrize("case", CLOSED)
async def test_disallowed_pages_are_refused(case: str) -> None:
    with pytest.raises(RobotsDisallowed, match=r"robots\.txt disallows BrandContextBot") as refused:
        await admit_path(CLOSED[case])
    assert not refused.value.retryable


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_5xx_is_a_retryable_refusal(status: int) -> None:
    with pytest.raises(RobotsDisallowed, match="for now") as refused:
        await admit_path({"/robots.txt": raw_response(status, retry_after="30")})
    assert refused.value.retryable
    assert refused.value.retry_after == 30


async def test_a_timeout_is_a_retryable_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        robots,
        "ACCEPTED_ROBOTS_TYPE_AND_SIZE",
        msgspec.structs.replace(robots.ACCEPTED_ROBOTS_TYPE_AND_SIZE, deadline_s=0.2),
    )
    with pytest.raises(RobotsDisallowed) as refused:
        await admit_path({"/robots.txt": silence})
    assert refused.value.retryable


async def test_an_unreachable_site_is_reported_as_such() -> None:
    async with serve({}) as site:
        pass
    async with allowed_client(site) as client:
        with pytest.raises(SourceUnreachable):
            await RobotsRulesCache(client).load_rules_that_allow_url(site.url())


async def test_rules_are_cached_for_a_day() -> None:
    now = 0.0
    async with serve(rules("")) as site, allowed_client(site) as client:
        cache = RobotsRulesCache(client, clock=lambda: now)
        await asyncio.gather(*(cache.load_rules_that_allow_url(site.url(path)) for path in ("/a", "/b", "/a")))
        now = 86_400.0
        await cache.load_rules_that_allow_url(site.url("/c"))
        assert site.paths == ["/robots.txt"]
        now += 1
        await cache.load_rules_that_allow_url(site.url("/c"))
        assert site.paths == ["/robots.txt"] * 2


async def test_a_refusal_is_checked_again_after_a_minute() -> None:
    now = 0.0
    async with serve(rules(KEEP_OUT)) as site, allowed_client(site) as client:
        cache = RobotsRulesCache(client, clock=lambda: now)
        for _ in range(2):
            with pytest.raises(RobotsDisallowed):
                await cache.load_rules_that_allow_url(site.url())
        assert site.paths == ["/robots.txt"]
        site.answers, now = rules(""), 61.0
        await cache.load_rules_that_allow_url(site.url())


async def test_a_temporary_failure_is_not_cached() -> None:
    async with serve({"/robots.txt": raw_response(503)}) as site, allowed_client(site) as client:
        cache = RobotsRulesCache(client)
        with pytest.raises(RobotsDisallowed):
            await cache.load_rules_that_allow_url(site.url())
        site.answers = rules("")
        await cache.load_rules_that_allow_url(site.url())


async def test_the_oldest_rules_are_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "MAX_ROBOTS_CACHE_BYTES", 3 * robots.MIN_ROBOTS_BYTES_COUNTED_IN_CACHE)
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(serve(rules(""))) for _ in range(4)]
        client = await stack.enter_async_context(allowed_client(*sites))
        cache = RobotsRulesCache(client)
        for site in (*sites, *sites[1:], sites[0]):
            await cache.load_rules_that_allow_url(site.url())
        assert [len(site.paths) for site in sites] == [2, 1, 1, 1]
        assert len(cache.cached) == 3


@pytest.mark.parametrize(
    ("text", "delay_s"),
    [("Crawl-delay: 2.5", 2.5), ("Crawl-delay: 3600", 10), ("Crawl-delay: soon", 0), ("Disallow:", 0)],
)
async def test_crawl_delays_are_read_and_bounded(text: str, delay_s: float) -> None:
    async with serve(rules(f"User-agent: *\n{text}\n")) as site, allowed_client(site) as client:
        assert (await RobotsRulesCache(client).load_rules_that_allow_url(site.url())).crawl_delay_s == delay_s


def test_real_files_are_read() -> None:
    files = sorted(corpus("robots").glob("*.txt"))
    assert len(files) >= 200
    rules_by_file = {path.name: RobotsRules(parse_robots_txt(path.read_bytes()), 0, 0) for path in files}
    assert all(0 <= rules_of_file.crawl_delay_s <= 10 for rules_of_file in rules_by_file.values())
    verdicts = {
        name: rules_of_file.parsed.can_fetch("https://x.com/", "BrandContextBot")
        for name, rules_of_file in rules_by_file.items()
    }
    assert 0.9 < sum(verdicts.values()) / len(verdicts) < 1
