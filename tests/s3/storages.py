"""Media storage of a test, a folder or a bucket, with one interface to inspect both."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import obstore
import pytest
from obstore.store import S3Store

from tests.s3.calls import KEY_ID, REGION, SECRET
from tests.s3.service import Service

#: For tests of every storage: parametrizes the fixture `media_kept`.
ALL_STORAGES = pytest.mark.parametrize(
    "media_kept",
    ["folder", pytest.param("s3", marks=pytest.mark.long), pytest.param("moto", marks=pytest.mark.peers)],
    indirect=True,
)
#: The same, for tests that make the storage fail.
BREAKABLE_STORAGES = pytest.mark.parametrize("media_kept", ["folder", "s3"], indirect=True)


class BucketService(Protocol):
    """A service with buckets; `unfinished` returns the keys of open uploads."""

    url: str

    def make(self) -> str: ...

    def unfinished(self, bucket: str) -> list[str]: ...


class MediaStorage(Protocol):
    """A media storage. `settings` configure it; `names` includes unfinished uploads."""

    settings: dict[str, Any]

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def remove(self, name: str) -> None: ...

    def shorten(self, name: str) -> None:
        """Remove the last byte."""

    def away(self) -> AbstractContextManager[None]: ...


class FolderStorage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = {"assets_url": folder.as_uri()}

    def paths(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def names(self) -> list[str]:
        return sorted(path.name for path in self.paths())

    def read(self, name: str) -> bytes:
        return (self.folder / name[:2] / name).read_bytes()

    def remove(self, name: str) -> None:
        (self.folder / name[:2] / name).unlink()

    def shorten(self, name: str) -> None:
        (self.folder / name[:2] / name).write_bytes(self.read(name)[:-1])

    @contextmanager
    def away(self) -> Iterator[None]:
        elsewhere = self.folder.with_name("elsewhere")
        self.folder.rename(elsewhere)
        self.folder.write_text("in the way")
        yield
        self.folder.unlink()
        elsewhere.rename(self.folder)


class BucketStorage:
    """A bucket with a prefix, to show that no object outside of it changes."""

    def __init__(self, keeper: BucketService) -> None:
        self.keeper, self.bucket = keeper, keeper.make()
        own = access(keeper.url)
        self.settings: dict[str, Any] = own | {"assets_url": f"s3://{self.bucket}/deep/assets"}
        config = {name.removeprefix("aws_"): value for name, value in own.items()}
        config |= {"endpoint": config.pop("endpoint_url"), "disable_bulk_delete": True}
        self._place = S3Store(self.bucket, config=config, client_options={"allow_http": True})  # type: ignore[arg-type]

    def names(self) -> list[str]:
        listed = [each["path"] for page in obstore.list(self._place) for each in page]
        keys = sorted(listed + self.keeper.unfinished(self.bucket))
        assert all(key.split("/")[:3] == ["deep", "assets", key[-43:-41]] for key in keys), keys
        return [key.rpartition("/")[2] for key in keys]

    def read(self, name: str) -> bytes:
        return bytes(obstore.get(self._place, self._key(name)).bytes())

    def remove(self, name: str) -> None:
        obstore.delete(self._place, self._key(name))

    def shorten(self, name: str) -> None:
        obstore.put(self._place, self._key(name), self.read(name)[:-1], use_multipart=False)

    @property
    def service(self) -> Service:
        assert isinstance(self.keeper, Service)
        return self.keeper

    @contextmanager
    def away(self) -> Iterator[None]:
        self.service.fail("any", "refuse")
        yield
        self.service.clear_failures()

    def _key(self, name: str) -> str:
        return f"deep/assets/{name[:2]}/{name}"


def access(url: str) -> dict[str, Any]:
    return {"aws_endpoint_url": url, "aws_region": REGION, "aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET}
