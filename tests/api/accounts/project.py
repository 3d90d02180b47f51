"""Participants of account connections: two organizations, a browser without a key, two servers."""

from dataclasses import dataclass
from typing import Any

import httpx

from api.http import oauth_return
from domain.connecting import consent_pages
from tests.api.conftest import ApiCaller, list_pages, read_answer
from tests.api.participants import ORIGIN, Participants, new_project, status
from tests.social_servers import Fediverse, LoopbackPds
from tests.waiting import eventually

BACK = f"{ORIGIN}/settings?tab=social"


@dataclass
class LinkedProject(Participants):
    """A project of Acme with consent links."""

    id: str

    async def post_link(self, path: str, **asked: Any) -> dict[str, Any]:
        url = f"/v1/projects/{self.id}/social/{path}"
        return read_answer(await self.acme.http.post(url, json={**asked, "returnUrl": BACK}), 201)

    async def flow_status(self, made: dict[str, Any]) -> dict[str, Any]:
        """Return the status of a link's flow."""
        return read_answer(await self.acme.http.get(f"/v1/social/oauth-status/{made['state']}"))

    def set_flow_cookie(self, made: dict[str, Any]) -> None:
        """Set the cookie as if the browser had followed the link."""
        self.browser.cookies.set(oauth_return.oauth_cookie_name(made["state"]), "1")

    async def accounts(self) -> list[dict[str, Any]]:
        return await list_pages(self.acme.http, f"/v1/projects/{self.id}/social-accounts")


@dataclass
class ConnectingProject(LinkedProject):
    """Acme with a project, a Mastodon with ada and eve, a Bluesky with shop.example."""

    fediverse: Fediverse
    pds: LoopbackPds

    async def ask(self, caller: ApiCaller | None = None, **given: Any) -> httpx.Response:
        """Request a link; None drops a field."""
        asked = {"platform": "mastodon", "returnUrl": BACK, "instance": self.fediverse.host} | given
        body = {name: value for name, value in asked.items() if value is not None}
        project = await new_project(caller) if caller else self.id
        return await (caller or self.acme).http.post(f"/v1/projects/{project}/social/oauth-url", json=body)

    async def create_link(self, caller: ApiCaller | None = None, **given: Any) -> dict[str, Any]:
        return read_answer(await self.ask(caller, **given), 201)

    async def create_reauth_link(self, account_id: str, *, project: str | None = None) -> httpx.Response:
        body = {"socialAccountId": account_id, "returnUrl": BACK}
        where = f"/v1/projects/{project or self.id}/social/reauth-url"
        return await self.acme.http.post(where, json=body)

    async def consent_and_return(self, made: dict[str, Any], person: str = "ada") -> httpx.Response:
        """Follow our link and the server's page, and return."""
        return await self.browser.get(self.fediverse.let_in(await self.consent_page(made), person))

    def callback(self) -> str:
        """Return our callback path for the simulated Mastodon."""
        issuer = consent_pages.build_redirect_uri_suffix("mastodon", self.fediverse.url, one_place=False)
        return f"/v1/social/callback/{issuer}"

    async def consent_page(self, made: dict[str, Any]) -> str:
        answer = await self.browser.get(made["authorizeUrl"])
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    async def connect(self, person: str = "ada", **given: Any) -> str:
        """Connect an account and return its id."""
        link = await self.create_link(**given)
        assert status(await self.consent_and_return(link, person), link["state"]) == "connected"
        return str((await self.status(link["state"])).json()["socialAccountId"])

    async def status(self, state: str, caller: ApiCaller | None = None) -> httpx.Response:
        return await (caller or self.acme).http.get(f"/v1/social/oauth-status/{state}")

    async def log_in(self, **given: Any) -> httpx.Response:
        asked = {"platform": "bluesky", "identifier": "shop.example", "appPassword": "secret-app-password"}
        asked |= {"serviceUrl": self.pds.url} | given
        body = {name: value for name, value in asked.items() if value is not None}
        return await self.acme.http.post(f"/v1/projects/{self.id}/social-accounts", json=body)

    async def log_in_and_wait(self, **given: Any) -> dict[str, Any]:
        """Log in, and return the ended job."""
        accepted = read_answer(await self.log_in(**given), 202)
        return read_answer(await self.acme.http.get(accepted["locationUrl"], params={"wait": 10}))

    async def account(self, account_id: str, caller: ApiCaller | None = None) -> httpx.Response:
        return await (caller or self.acme).http.get(f"/v1/social-accounts/{account_id}")

    async def jobs(self, kind: str = "connect_account") -> list[dict[str, Any]]:
        rows = await self.pool.fetch("select * from job where kind = $1 order by id", kind)
        return [dict(row) for row in rows]

    async def wait_for_jobs(self, kind: str) -> list[dict[str, Any]]:
        """Wait until no job of the kind is open, and return its jobs."""

        async def found() -> list[dict[str, Any]]:
            rows = await self.jobs(kind)
            return rows if all(row["finished_at"] for row in rows) else []

        return await eventually(found)
