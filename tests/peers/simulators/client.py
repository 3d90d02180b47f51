"""Client of the control API."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from tests.peers.simulators.faults import SimFault
from tests.waiting import PATIENCE_S


def visiting(base: str) -> httpx.AsyncClient:
    """Open an HTTP client of a simulator, with a test's timeout."""
    return httpx.AsyncClient(base_url=base, timeout=PATIENCE_S, trust_env=False, verify=False)


class Sim:
    """Control client: `async with Sim(base) as sim`. A refusal raises AssertionError with its text."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._http = visiting(f"{base}/_sim")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def call(self, method: str, path: str, /, **asked: Any) -> Any:
        """Call a platform-specific control: `await sim.call("POST", "/webhooks/deliver", copies=2)`."""
        answer = await self._http.request(method, path, json=asked if method == "POST" else None)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def advance(self, seconds: float) -> None:
        """Advance the clock. Returns when due work (pulls, expiries) is done."""
        await self.call("POST", "/clock", advance_s=seconds)

    async def now(self) -> float:
        found: float = (await self.call("GET", "/clock"))["now"]
        return found

    async def fault(self, path: str, fault: SimFault, **given: Any) -> None:
        """Add a fault; `given` are the other fields of `faults.Rule`."""
        await self.call("POST", "/faults", path=path, fault=fault, **given)

    async def held(self) -> int:
        """Return the number of responses held by `accept_then_timeout`."""
        found: int = (await self.call("GET", "/faults"))["held"]
        return found

    async def release(self) -> list[int]:
        found: list[int] = (await self.call("POST", "/release"))["accepted"]
        return found

    async def account(self, username: str, **given: Any) -> Any:
        return await self.call("POST", "/accounts", username=username, **given)

    async def consent(self, url: str, username: str, *, allow: bool = True, scopes: Sequence[str] | None = None) -> str:
        """Answer the authorize page at `url` once; return the redirect's address."""
        response = await self.call("POST", "/consent", url=url, username=username, allow=allow, scopes=scopes)
        location: str = response["location"]
        return location

    async def posts(self, account: str, caption: str | None = None) -> list[dict[str, Any]]:
        """Return the account's entries of the ledger, all or those with this caption."""
        response = await self.call("GET", "/ledger")
        return [
            entry for entry in response["posts"] if entry["account"] == account and caption in {None, entry["caption"]}
        ]

    async def counts(self, account: str, caption: str) -> dict[str, int]:
        """Count the posts with this caption by state; omits zeros."""
        response = await self.call("GET", "/ledger")
        states: dict[str, int] = response["counts"].get(account, {}).get(caption, {})
        return {state: number for state, number in states.items() if number}

    async def requests(self) -> dict[str, int]:
        """Count the requests by `METHOD /path`."""
        found: dict[str, int] = (await self.call("GET", "/requests"))["counts"]
        return found
