"""`up --demo`: its website, and its project, which is one for all starts."""

import httpx
import msgspec

from cli.local import demo
from domain.values import urls


def test_only_the_site_is_allowed_besides_what_was() -> None:
    assert demo.allowing(None, {}) == {}
    assert demo.allowing("127.0.0.1:1", {}) == {demo.ALLOW: "127.0.0.1:1"}
    both = demo.allowing("127.0.0.1:1", {demo.ALLOW: "127.0.0.1:2"})[demo.ALLOW]
    assert len(urls.read_allowed(both)) == 2


def test_a_second_start_takes_the_project_of_the_first() -> None:
    """By an API that has what it was sent."""
    made: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            made.append({**msgspec.json.decode(request.content), "id": f"prj_{len(made)}"})
            return httpx.Response(201, json=made[-1])
        wanted = request.url.params["customerExternalId"]
        return httpx.Response(
            200, json={"items": [one for one in made if one["customerExternalId"] == wanted]}
        )

    with httpx.Client(base_url="http://api/v1", transport=httpx.MockTransport(answer)) as client:
        first, second = demo.project(client, "Tidewise"), demo.project(client, "Tidewise")
    assert first == second == made[0]
    assert len(made) == 1
