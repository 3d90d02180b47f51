"""The website of `up --demo`."""

from cli.local import demo
from domain.values import urls


def test_only_the_site_is_allowed_besides_what_was() -> None:
    assert demo.allowing(None, {}) == {}
    assert demo.allowing("127.0.0.1:1", {}) == {demo.ALLOW: "127.0.0.1:1"}
    both = demo.allowing("127.0.0.1:1", {demo.ALLOW: "127.0.0.1:2"})[demo.ALLOW]
    assert len(urls.read_allowed(both)) == 2
