"""Media storage in a bucket of Amazon S3, or of a service with its protocol."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from domain.media.store import STORAGE_DOWN_MESSAGE, MediaStore, storage_object_path
from schemas.errors import ServiceUnavailable, SettingsInvalid
from schemas.setting_values import BUCKET_URL_SCHEME
from schemas.settings import Settings
from telemetry import costs, logs

if TYPE_CHECKING:
    from obstore import AsyncWritableFile
    from obstore.store import ClientConfig, RetryConfig, S3Config

#: Smallest part that S3 accepts, and parts under upload while the next one fills.
S3_UPLOAD_PART_BYTES, MAX_CONCURRENT_S3_PARTS = 5 << 20, 2

#: Timeouts in seconds against a silent S3: to connect, and to send a part or receive the next bytes.
S3_CONNECT_TIMEOUT_S, S3_READ_TIMEOUT_S = 3, 15
#: Retries of a request, and seconds within which the last of them may begin.
MAX_S3_RETRIES, S3_RETRY_TIMEOUT_S = 3, 20
#: Timeout of a whole download, for slow readers.
BUCKET_DOWNLOAD_TIMEOUT = "6h"
#: Timeouts in seconds of the first check of the bucket, and of aborting an upload.
BUCKET_CHECK_TIMEOUT_S, BUCKET_UPLOAD_ABORT_TIMEOUT_S = 5, 5

_S3_STATUS_PATTERN, _S3_ERROR_CODE_PATTERN = re.compile(r"status code: (\d{3})"), re.compile(r"<Code>(\w{1,60})</Code>")

_log = logs.get_logger("storage")


class BucketStore(MediaStore):
    """Media storage in a bucket, created by `open_bucket_store`."""

    async def write(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        writer = obstore.open_writer_async(
            self._place,
            storage_object_path(token),
            buffer_size=S3_UPLOAD_PART_BYTES,
            max_concurrency=MAX_CONCURRENT_S3_PARTS,
        )
        try:
            async for chunk in chunks:
                with self._convert_storage_errors():
                    await writer.write(chunk)
            with self._convert_storage_errors():
                await writer.flush()  # Still abortable: a failing close would leave its parts.
                await writer.close()
        except BaseException as error:
            await _abort_bucket_upload(writer, error)
            raise

    @asynccontextmanager
    async def open_object_file(self, token: str) -> AsyncIterator[int]:
        """Download the object to an unnamed file in `TMPDIR`, and yield its descriptor for the block.

        The kernel deletes the file in any case.
        """
        with tempfile.TemporaryFile(buffering=0) as copy:
            await self._download_object(token, copy)
            yield copy.fileno()

    async def _download_object(self, token: str, copy: IO[bytes]) -> None:
        async with self.read(token) as chunks:
            async for chunk in chunks:
                with self._convert_storage_errors():
                    if await costs.run_in_charged_thread(copy.write, chunk) < len(chunk):
                        raise OSError  # The disk is full, which only a further write would report.
        copy.seek(0)

    async def delete(self, token: str) -> None:
        with self._convert_storage_errors():
            await obstore.delete_async(self._place, storage_object_path(token))

    @contextmanager
    def _convert_storage_errors(self) -> Iterator[None]:
        """Convert the errors of the bucket to `ServiceUnavailable`.

        The service's messages contain the object's name, a secret, so only their code is logged.
        """
        try:
            yield
        except FileNotFoundError:
            raise ServiceUnavailable(STORAGE_DOWN_MESSAGE) from FileNotFoundError("the bucket has no such object")
        except (OSError, EOFError, BaseError) as error:
            code = _bucket_error_code(error)
            _log.warning("the bucket failed", said=code)
            raise ServiceUnavailable(STORAGE_DOWN_MESSAGE) from OSError(code)


async def _abort_bucket_upload(writer: "AsyncWritableFile", error: BaseException) -> None:
    """Abort an upload and delete its parts; if that fails the bucket's lifecycle rule deletes them."""
    try:
        async with asyncio.timeout(BUCKET_UPLOAD_ABORT_TIMEOUT_S):
            await writer.__aexit__(type(error), error, error.__traceback__)
    except (OSError, BaseError) as failed:
        _log.warning("an upload may have left parts in the bucket", said=_bucket_error_code(failed))


def open_bucket_store(settings: Settings) -> BucketStore:
    """Open the bucket of `ASSETS_URL` as the media storage, after a check.

    An unreachable one is accepted, as it may recover. Raises `SettingsInvalid` for a missing bucket or a refused key.
    """
    _check_bucket_and_access_key(settings)
    retries: RetryConfig = {
        "max_retries": MAX_S3_RETRIES,
        "retry_timeout": timedelta(seconds=S3_RETRY_TIMEOUT_S),
        "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=2), "base": 2},
    }
    return BucketStore(_open_s3_store(settings, retries, S3_READ_TIMEOUT_S))


def _check_bucket_and_access_key(settings: Settings) -> None:
    """Check the bucket and its key by listing a prefix that never exists. Raises `SettingsInvalid`.

    Only logs a warning if the bucket can't be reached.
    """
    once: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=BUCKET_CHECK_TIMEOUT_S)}
    try:
        next(iter(obstore.list(_open_s3_store(settings, once, BUCKET_CHECK_TIMEOUT_S), prefix="none")), None)
    except (OSError, BaseError) as error:
        code = _bucket_error_code(error)
        if not settings.aws_access_key_id and "list request" not in str(error):
            raise SettingsInvalid(
                "AWS_ACCESS_KEY_ID is missing, and this machine has no role: ASSETS_URL is a bucket"
            ) from None
        if code[0] in "34":
            raise SettingsInvalid(
                f"ASSETS_URL: the bucket {_bucket_name(settings)} "
                f"{_BUCKET_FAULT_MESSAGE_BY_CODE.get(code, _BUCKET_KEY_REFUSED_MESSAGE)} ({code})"
            ) from None
        _log.warning("the bucket can't be reached yet", said=code)


_BUCKET_KEY_REFUSED_MESSAGE = "refuses the key of AWS_ACCESS_KEY_ID, which needs the rights in docs/howto/operate.md"

_BUCKET_FAULT_MESSAGE_BY_CODE = {
    "404 NoSuchBucket": "does not exist: make it, or check AWS_REGION and AWS_ENDPOINT_URL",
    "301 PermanentRedirect": "is in another region: set AWS_REGION",
    "400 AuthorizationHeaderMalformed": "is in another region: set AWS_REGION",
    "403 InvalidAccessKeyId": "does not know the key of AWS_ACCESS_KEY_ID",
    "403 SignatureDoesNotMatch": "does not take the secret: check AWS_SECRET_ACCESS_KEY",
    "403 RequestTimeTooSkewed": "has another time: set this machine's clock",
}


def _bucket_error_code(error: Exception) -> str:
    """Return the HTTP status and code in a bucket's error, such as `403 AccessDenied`, or its class name."""
    text = str(error)
    status, code = _S3_STATUS_PATTERN.search(text), _S3_ERROR_CODE_PATTERN.search(text)
    return " ".join(match[1] for match in (status, code) if match) or type(error).__name__


def _bucket_name(settings: Settings) -> str:
    return settings.assets_url.removeprefix(BUCKET_URL_SCHEME).partition("/")[0]


def _open_s3_store(settings: Settings, retries: "RetryConfig", silent_s: int) -> S3Store:
    """Return a client for the bucket in the settings: its name is in the host on AWS, in the path elsewhere.

    Every service accepts the name in the path.
    """
    endpoint = settings.aws_endpoint_url
    config: S3Config = {
        "region": settings.aws_region,
        "disable_bulk_delete": True,
        "virtual_hosted_style_request": not endpoint,
    }
    if endpoint:
        config["endpoint"] = endpoint
    if settings.aws_access_key_id:
        config["access_key_id"] = settings.aws_access_key_id
        config["secret_access_key"] = settings.aws_secret_access_key
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http:"),
        "connect_timeout": f"{S3_CONNECT_TIMEOUT_S}s",
        "read_timeout": f"{silent_s}s",
        "timeout": BUCKET_DOWNLOAD_TIMEOUT,
    }
    bucket, _, prefix = settings.assets_url.removeprefix(BUCKET_URL_SCHEME).partition("/")
    return S3Store(bucket, prefix=prefix or None, config=config, client_options=options, retry_config=retries)
