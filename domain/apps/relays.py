"""Relays: the conversion events of an app, with their destinations and event names there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from schemas.conversions import ConversionDestination


class EventRelayTarget(NamedTuple):
    """Destination, and its own name for an event."""

    destination: ConversionDestination
    event_name: str


#: Maps from event names to a destination's names, by enabled destination; None: the default map.
EventNameMaps: TypeAlias = Mapping[ConversionDestination, Mapping[str, str] | None]

#: Relays by event name.
RelaysByEventName: TypeAlias = Mapping[str, tuple[EventRelayTarget, ...]]

#: Relays of an app without a destination.
NO_CONVERSION_RELAYS: RelaysByEventName = MappingProxyType({})

#: Default maps from event names to a destination's names, by destination.
DEFAULT_EVENT_NAME_MAPS: Mapping[ConversionDestination, Mapping[str, str]] = {
    "meta": {
        "purchase_success": "Purchase",
        "subscription_start": "Subscribe",
        "sign_up": "CompleteRegistration",
        "trial_start": "StartTrial",
        "add_to_cart": "AddToCart",
        "content_open": "ViewContent",
        "search": "Search",
    },
    "tiktok": {
        "purchase_success": "Purchase",
        "subscription_start": "Purchase",
        "sign_up": "CompleteRegistration",
        "trial_start": "Purchase",
        "add_to_cart": "AddToCart",
        "content_open": "ViewContent",
        "search": "Search",
    },
}


def relays_from_event_maps(maps: EventNameMaps | None) -> RelaysByEventName:
    """Return conversion destinations by event name, from each destination's map of event names.

    Each entry has the event's name at the destination. A null map stands for the default map.
    """
    if not maps:
        return NO_CONVERSION_RELAYS
    relays: dict[str, tuple[EventRelayTarget, ...]] = {}
    for destination, event_map in sorted(maps.items()):
        for name, destination_name in (
            DEFAULT_EVENT_NAME_MAPS[destination] if event_map is None else event_map
        ).items():
            relays[name] = (*relays.get(name, ()), EventRelayTarget(destination, destination_name))
    return relays
