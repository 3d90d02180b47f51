"""Addresses of the stores: Apple's and Google's, or those of the operator's settings."""

import msgspec

from domain.values import urls
from domain.values.urls import Allowed
from schemas.settings import Settings

SETTING_NAMES = ("itunes_api_url", "app_store_url", "play_url")
#: Addresses of Apple and Google. They are public: a resolver with a private address for them is wrong.
DEFAULT_ADDRESSES = {field.name: field.default for field in msgspec.structs.fields(Settings)}


def operator_policies(settings: Settings) -> Allowed:
    """Return policies of the addresses that the operator has set, since they may be in their own network."""
    addresses = [
        getattr(settings, name)
        for name in SETTING_NAMES
        if getattr(settings, name) != DEFAULT_ADDRESSES[name]
    ]
    return {origin: policy for url in addresses for origin, policy in urls.operated(url).items()}
