"""The website of `up --demo`."""

import httpx

from cli.local import demo
from domain.values import urls


def test_the_site_is_one_that_an_ingest_may_read() -> None:
    with demo.site() as host, httpx.Client(base_url=f"http://{host}", trust_env=False) as client:
        page = client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        for path in ("/about.html", "/icon.svg", "/style.css", "/robots.txt"):
            assert client.get(path).status_code == 200
        assert client.get("/nothing").status_code == 404


def test_only_the_site_is_allowed_besides_what_was() -> None:
    assert demo.allowing(None, {}) == {}
    assert demo.allowing("127.0.0.1:1", {}) == {demo.ALLOW: "127.0.0.1:1"}
    both = demo.allowing("127.0.0.1:1", {demo.ALLOW: "127.0.0.1:2"})[demo.ALLOW]
    assert len(urls.read_allowed(both)) == 2
