"""Media storage from `ASSETS_URL`: a folder or a bucket."""

from domain.media.bucket import open_bucket
from domain.media.folder import open_folder
from domain.media.store import Store
from schemas.setting_values import BUCKET
from schemas.settings import Settings


def open_store(settings: Settings) -> Store:
    """Open the storage and check it, for 5 s at most. Raises `SettingsInvalid`."""
    if settings.assets_url.startswith(BUCKET):
        return open_bucket(settings)
    return open_folder(settings.assets_url)
