"""Calls to a destination: one after the other, each with as many conversions as a call may carry."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from domain.events.conversion_lines import OpenDestination
from schemas.conversions import Destination
from schemas.errors import OutcomeUnknown, PlatformError
from schemas.settings import Settings
from workers.conversions import meta, tiktok, verdict
from workers.conversions.due_split import BuildEvent, ReadyConversion
from workers.conversions.verdict import ACCEPTED, Verdict
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.http import PlatformApi

Send: TypeAlias = Callable[[PlatformApi, OpenDestination, list[dict[str, Any]]], Awaitable[Verdict]]


class DestinationApi(NamedTuple):
    """A destination's name, base URL, event builder and call."""

    name: str
    base: str
    make: BuildEvent
    send: Send


def destination_apis(settings: Settings) -> Mapping[Destination, DestinationApi]:
    return {
        "meta": DestinationApi(meta.NAME, settings.meta_api_url, meta.build_event, meta.send_events),
        "tiktok": DestinationApi(
            tiktok.NAME, settings.tiktok_ads_url, tiktok.build_event, tiktok.send_events
        ),
    }


async def call_destination(
    net: OutgoingNetwork, server: DestinationApi, to: OpenDestination, batch: list[ReadyConversion]
) -> Verdict:
    """Return the verdict of one call. In a sandbox no call is made, and all events count as accepted."""
    if to.sandbox:
        return ACCEPTED
    api = PlatformApi(client=net.client, base=server.base, token=to.token)
    try:
        return await server.send(api, to, [conversion.event for conversion in batch])
    except OutcomeUnknown:
        return verdict.unclear(server.name)
    except PlatformError:
        return verdict.unreachable_verdict(server.name)
