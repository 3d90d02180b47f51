"""Where the stores are: at Apple and Google, or where the operator's settings say."""

import msgspec

from domain.values import urls
from domain.values.urls import Allowed
from schemas.settings import Settings

NAMES = ("itunes_api_url", "app_store_url", "play_url")
#: These are public, so a resolver that says otherwise is wrong.
STANDARD = {field.name: field.default for field in msgspec.structs.fields(Settings)}


def moved(settings: Settings) -> Allowed:
    """The policies of those that are elsewhere, which may be in a network of the operator's own."""
    addresses = [getattr(settings, name) for name in NAMES if getattr(settings, name) != STANDARD[name]]
    return {origin: policy for url in addresses for origin, policy in urls.operated(url).items()}
