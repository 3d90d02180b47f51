"""Relays: the conversion events of an app, with their destinations and event names there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from schemas.conversions import Destination


class Relay(NamedTuple):
    """Destination, and its own name for an event."""

    destination: Destination
    event_name: str


#: Maps from event names to a destination's names, by enabled destination; None: the default map.
EventMaps: TypeAlias = Mapping[Destination, Mapping[str, str] | None]

#: Relays by event name.
Relays: TypeAlias = Mapping[str, tuple[Relay, ...]]

#: Relays of an app without a destination.
NO_RELAYS: Relays = MappingProxyType({})

#: Default maps from event names to a destination's names, by destination.
DEFAULT_EVENT_MAPS: Mapping[Destination, Mapping[str, str]] = {
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


def relays_of(maps: EventMaps | None) -> Relays:
    """Return the destinations of each event name with their names for it; a null map is the default one."""
    if not maps:
        return NO_RELAYS
    relays: dict[str, tuple[Relay, ...]] = {}
    for destination, event_map in sorted(maps.items()):
        for name, destination_name in (
            DEFAULT_EVENT_MAPS[destination] if event_map is None else event_map
        ).items():
            relays[name] = (*relays.get(name, ()), Relay(destination, destination_name))
    return relays
