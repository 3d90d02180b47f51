"""Participants of GitHub connections: two organizations, a browser without a key, and GitHub."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.api import participants
from tests.api.conftest import ApiCaller, read_answer
from tests.api.participants import ORIGIN, Participants
from tests.github_app import SimulatedGitHub

BACK = f"{ORIGIN}/settings?tab=github"
#: The App's callback URL, as its operator configured it.
CALLBACK = "http://127.0.0.1:8000/v1/github/callback"
SHOP, ACME = 41, 42


@dataclass
class GitHubParticipants(Participants):
    """Acme, a browser without a key, and GitHub; ada owns acme's account there and sees shop's repository."""

    hub: SimulatedGitHub
    codes: Iterator[str]

    async def create_link(self, caller: ApiCaller | None = None, back: str = BACK) -> dict[str, Any]:
        """Create a link without following it."""
        caller = caller or self.acme
        return read_answer(await caller.http.post("/v1/github/install-url", json={"returnUrl": back}), 201)

    async def follow_link(self, caller: ApiCaller | None = None, back: str = BACK) -> str:
        """Create a link, follow it to GitHub in the browser, and return its state."""
        link = await self.create_link(caller, back)
        answer = await self.browser.get(link["installUrl"])
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{self.hub.url}/apps/tenantry-test/installations/new?")
        return str(link["state"])

    async def call_callback(
        self, state: str | None, *, person: str = "ada", browser: httpx.AsyncClient | None = None, **given: Any
    ) -> httpx.Response:
        """Call the callback as GitHub does; None drops a parameter."""
        code = next(self.codes)
        self.hub.codes[code] = person
        asked = {"code": code, "installation_id": ACME, "setup_action": "install", "state": state} | given
        params = {name: str(value) for name, value in asked.items() if value is not None}
        return await (browser or self.browser).get(CALLBACK, params=params)

    async def insert_installation(self) -> None:
        """Insert an installation of Acme without its list of repositories."""
        await self.pool.execute(
            """insert into github_installation (organization_id, installation_id, account_login)
               values ($1, 1, 'a')""",
            self.acme.organization_id,
        )

    async def flow_error(self, state: str) -> str | None:
        """Return the error of a flow without a job."""
        value: str | None = await self.pool.fetchval(
            "select error_code from oauth_state where state_hash = sha256($1)", state.encode()
        )
        return value

    async def connect(self, caller: ApiCaller | None = None, **given: Any) -> str:
        """Connect, and return the resulting status."""
        state = await self.follow_link(caller)
        return status(await self.call_callback(state, **given), state)

    async def jobs(self, kind: str = "connect_github") -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from job where kind = $1 order by id", kind)
        return [dict(row) for row in rows]

    async def count_codes(self) -> int:
        """Count the codes in the database."""
        return int(await self.pool.fetchval("select count(*) from job_secret"))


def status(answer: httpx.Response, state: str) -> str:
    return participants.status(answer, state, tab="github")
