"""Pages send events from their own domain, and any page may read the answer."""

import httpx

from tests.api.conftest import ApiCaller
from tests.api.events.sender import WEB, EventSender, encode_events, event, read_counts, sender
from tests.api.refusals import assert_refused

ORIGIN = {"Origin": "https://shop.example"}


async def test_preflight_is_answered(shop: EventSender, anonymous: httpx.AsyncClient) -> None:
    """The preflight allows any page, without credentials."""
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await anonymous.options(shop.at, headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_a_page_reads_every_answer(shop: EventSender, anonymous: httpx.AsyncClient) -> None:
    """Refusals are readable, too: otherwise an SDK takes them for network errors."""
    answers = [
        await shop.send(event(1), headers=ORIGIN),
        await shop.post(b"{", headers=ORIGIN),
        await shop.post(b" " * 1_000_001, headers=ORIGIN),
        await anonymous.post(shop.at, content=encode_events(event(1)), headers=ORIGIN),
        await shop.send(event(1), headers={"Origin": "https://elsewhere.example"}),
    ]
    assert [answer.status_code for answer in answers] == [202, 400, 413, 401, 403]
    for answer in answers:
        assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


async def test_other_routes_have_no_cors_headers(acme: ApiCaller) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await acme.http.request(method, "/v1/projects", headers=ORIGIN)
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_only_the_domain_and_its_subdomains_may_send(shop: EventSender) -> None:
    for number, origin in enumerate((
        *("https://shop.example", "http://shop.example:8080", "https://www.shop.example"),
        "https://SHOP.example",
    )):  # fmt: skip
        answer = await shop.send(event(number), headers={"Origin": origin})
        assert read_counts(answer) == (1, 0, []), origin
    for origin in (
        *("https://elsewhere.example", "https://notshop.example", "https://shop.example.evil.example"),
        *("https://example", "http://localhost:3000", "null", "", "https://["),
    ):
        answer = await shop.send(event(1), headers={"Origin": origin})
        assert_refused(answer, 403, "ORIGIN_NOT_ALLOWED")


async def test_an_app_under_development_sends_from_this_machine(acme: ApiCaller, anonymous: httpx.AsyncClient) -> None:
    local = await sender(acme, anonymous, WEB | {"webDomain": "localhost"})
    for origin in ("http://localhost:5173", "https://localhost"):
        assert read_counts(await local.send(event(1), headers={"Origin": origin}))[2] == []
    assert_refused(await local.send(event(1), headers=ORIGIN), 403, "ORIGIN_NOT_ALLOWED")


async def test_app_without_a_domain_may_send_from_a_page(phone: EventSender) -> None:
    """A phone app with an embedded page sends `capacitor://localhost`."""
    assert read_counts(await phone.send(event(1), headers={"Origin": "capacitor://localhost"})) == (1, 0, [])
