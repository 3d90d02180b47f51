"""Relays: which events of an app are conversions, where each is sent, and what it is called there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from schemas.conversions import Destination


class Relay(NamedTuple):
    """A destination, and its own name for an event."""

    destination: Destination
    event_name: str


#: Of enabled destinations: names of events and the destination's own; None: the usual ones.
EventMaps: TypeAlias = Mapping[Destination, Mapping[str, str] | None]

#: By the event's name.
Relays: TypeAlias = Mapping[str, tuple[Relay, ...]]

#: Of an app without a destination.
NONE: Relays = MappingProxyType({})

#: Unless an app says otherwise: by destination, names of events and the destination's own.
USUAL: Mapping[Destination, Mapping[str, str]] = {
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
    """The relays of an app by its enabled destinations' maps."""
    if not maps:
        return NONE
    found: dict[str, tuple[Relay, ...]] = {}
    for destination, given in sorted(maps.items()):
        for name, theirs in (USUAL[destination] if given is None else given).items():
            found[name] = (*found.get(name, ()), Relay(destination, theirs))
    return found
