"""Calls to a destination: one after the other, each with as many conversions as a call may carry."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from domain.events.conversion_lines import OpenDestination
from schemas.conversions import Destination
from schemas.errors import OutcomeUnknown, PlatformError
from schemas.settings import Settings
from workers.conversions import meta, tiktok, verdict
from workers.conversions.sorting import Make, Ready
from workers.conversions.verdict import TAKEN, Verdict
from workers.platforms.connecting import Net
from workers.platforms.http import Api

Send: TypeAlias = Callable[[Api, OpenDestination, list[dict[str, Any]]], Awaitable[Verdict]]


class Server(NamedTuple):
    """A destination's name, base URL, event builder and call."""

    name: str
    base: str
    make: Make
    send: Send


def servers(settings: Settings) -> Mapping[Destination, Server]:
    return {
        "meta": Server(meta.NAME, settings.meta_api_url, meta.event, meta.send),
        "tiktok": Server(tiktok.NAME, settings.tiktok_ads_url, tiktok.event, tiktok.send),
    }


async def call(net: Net, server: Server, to: OpenDestination, ready: list[Ready]) -> Verdict:
    """Return the verdict of one call. In a sandbox no call is made, and all events count as accepted."""
    if to.sandbox:
        return TAKEN
    api = Api(client=net.client, base=server.base, token=to.token)
    try:
        return await server.send(api, to, [one.event for one in ready])
    except OutcomeUnknown:
        return verdict.unclear(server.name)
    except PlatformError:
        return verdict.unsent(server.name)
