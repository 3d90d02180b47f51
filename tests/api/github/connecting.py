"""Who takes part where GitHub is connected: two organizations, a browser without a key, and GitHub."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.api import parties
from tests.api.conftest import Caller
from tests.api.parties import ORIGIN, Parties
from tests.github_app import Hub

BACK = f"{ORIGIN}/settings?tab=github"
#: Where the App sends people back, as its operator set it there.
CALLBACK = "http://127.0.0.1:8000/v1/github/callback"
SHOP, ACME = 41, 42


@dataclass
class GitHub(Parties):
    """Acme, a browser without a key, and GitHub, where ada owns acme's account and sees shop's repository."""

    hub: Hub
    codes: Iterator[str]

    async def make(self, caller: Caller | None = None, back: str = BACK) -> dict[str, Any]:
        """A link that nobody has followed."""
        caller = caller or self.acme
        answer = await caller.http.post("/v1/github/install-url", json={"returnUrl": back})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def start(self, caller: Caller | None = None, back: str = BACK) -> str:
        """The state of a link that the browser has followed to GitHub."""
        made = await self.make(caller, back)
        answer = await self.browser.get(made["installUrl"])
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{self.hub.url}/apps/tenantry-test/installations/new?")
        state: str = made["state"]
        return state

    async def come_back(
        self,
        state: str | None,
        *,
        person: str = "ada",
        browser: httpx.AsyncClient | None = None,
        **given: Any,
    ) -> httpx.Response:
        """As GitHub sends a person; None drops a parameter."""
        code = next(self.codes)
        self.hub.codes[code] = person
        asked = {"code": code, "installation_id": ACME, "setup_action": "install", "state": state} | given
        params = {name: str(value) for name, value in asked.items() if value is not None}
        return await (browser or self.browser).get(CALLBACK, params=params)

    async def error(self, state: str) -> str | None:
        """The error that a flow without a job ended with."""
        found: str | None = await self.pool.fetchval(
            "select error_code from oauth_state where state_hash = sha256($1)", state.encode()
        )
        return found

    async def connect(self, caller: Caller | None = None, **given: Any) -> str:
        """The status with which the person came back."""
        state = await self.start(caller)
        return status(await self.come_back(state, **given), state)

    async def jobs(self, kind: str = "connect_github") -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from job where kind = $1 order by id", kind)
        return [dict(row) for row in rows]

    async def sealed(self) -> int:
        """How many codes lie in the database."""
        found: int = await self.pool.fetchval("select count(*) from job_secret")
        return found


def status(answer: httpx.Response, state: str) -> str:
    return parties.status(answer, state, tab="github")
