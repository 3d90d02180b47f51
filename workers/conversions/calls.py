"""Calls to a destination: one after the other, each with as many conversions as a call may carry."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from domain.events.conversion_lines import OpenConversionDestination
from schemas.conversions import ConversionDestination
from schemas.errors import PlatformError, PostOutcomeUnknown
from schemas.settings import Settings
from workers.conversions import meta, tiktok, verdict
from workers.conversions.due_split import BuildConversionEvent, ReadyConversion
from workers.conversions.verdict import CONVERSIONS_ACCEPTED_VERDICT, ConversionCallVerdict
from workers.platforms.connecting import OutgoingNetwork
from workers.platforms.http import PlatformApi

SendConversions: TypeAlias = Callable[
    [PlatformApi, OpenConversionDestination, list[dict[str, Any]]], Awaitable[ConversionCallVerdict]
]


class ConversionDestinationAdapter(NamedTuple):
    """A destination's name, base URL, event builder and call."""

    name: str
    base: str
    make: BuildConversionEvent
    send: SendConversions


def build_conversion_destination_adapters(
    settings: Settings,
) -> Mapping[ConversionDestination, ConversionDestinationAdapter]:
    return {
        "meta": ConversionDestinationAdapter(
            meta.META_DISPLAY_NAME, settings.meta_api_url, meta.build_meta_event, meta.send_meta_events
        ),
        "tiktok": ConversionDestinationAdapter(
            tiktok.TIKTOK_DISPLAY_NAME, settings.tiktok_ads_url, tiktok.build_tiktok_event, tiktok.send_tiktok_events
        ),
    }


async def send_conversion_batch(
    net: OutgoingNetwork,
    server: ConversionDestinationAdapter,
    to: OpenConversionDestination,
    batch: list[ReadyConversion],
) -> ConversionCallVerdict:
    """Send a batch of conversions to Meta or TikTok in one call, and return the verdict on the call.

    A lost or failed call gives a verdict, too. In a sandbox no call is made, and all events count as accepted.
    """
    if to.sandbox:
        return CONVERSIONS_ACCEPTED_VERDICT
    api = PlatformApi(client=net.client, base=server.base, token=to.token)
    try:
        return await server.send(api, to, [conversion.event for conversion in batch])
    except PostOutcomeUnknown:
        return verdict.build_unclear_call_verdict(server.name)
    except PlatformError:
        return verdict.build_destination_unreachable_verdict(server.name)
