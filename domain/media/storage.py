"""Media storage from `ASSETS_URL`: a folder or a bucket."""

from domain.media.bucket import open_bucket_store
from domain.media.folder import open_folder_store
from domain.media.store import MediaStore
from schemas.setting_values import BUCKET_URL_SCHEME
from schemas.settings import Settings


def open_media_store(settings: Settings) -> MediaStore:
    """Open the media storage of `ASSETS_URL`; a bucket is checked for 5 s at most. Raises `SettingsInvalid`."""
    if settings.assets_url.startswith(BUCKET_URL_SCHEME):
        return open_bucket_store(settings)
    return open_folder_store(settings.assets_url)
