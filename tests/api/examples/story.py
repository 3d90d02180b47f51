"""The participants of the story, and its requests."""

from typing import Any, NamedTuple
from uuid import UUID

import httpx

from db.pool import Pool
from tests.api.examples.recorder import ExampleRecorder
from tests.api.participants import ORIGIN
from tests.github_app import SimulatedGitHub
from tests.social_servers import Fediverse

BACK = f"{ORIGIN}/settings/social"


class StoryCast(NamedTuple):
    """Acme's and the operators' sandboxes, both live organizations, a browser without a key, their
    servers.
    """

    acme: httpx.AsyncClient
    platform: httpx.AsyncClient
    operators: httpx.AsyncClient
    live: httpx.AsyncClient
    browser: httpx.AsyncClient
    organization_id: UUID
    pool: Pool
    hub: SimulatedGitHub
    fediverse: Fediverse


class ExampleStory(NamedTuple):
    """A run of the story: requests of `tell` become examples, requests of `ask` don't."""

    cast: StoryCast
    teller: ExampleRecorder

    async def tell(self, operation: str, *, by: httpx.AsyncClient | None = None, **given: Any) -> Any:
        at = {name: given.pop(name) for name in self.teller.routes[operation].names if name in given}
        return await self.teller.tell(by or self.cast.acme, operation, at=at, **given)

    async def ask(self, method: str, path: str, *, by: httpx.AsyncClient | None = None, **given: Any) -> Any:
        answer = await (by or self.cast.acme).request(method, f"/v1{path}", **given)
        assert answer.is_success, answer.text
        return answer.json()

    async def ended(self, accepted: dict[str, Any]) -> dict[str, Any]:
        """Wait until the job has completed, and return it."""
        job: dict[str, Any] = {"status": "running"}
        while job["status"] == "running":
            job = await self.ask("GET", f"/jobs/{accepted['jobId']}", params={"wait": 30})
        assert job["status"] == "completed", job
        return job
