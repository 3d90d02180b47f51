"""S3's responses to our calls, and their effects on a bucket."""

import hashlib
import itertools
import re
from typing import NamedTuple
from xml.etree import ElementTree as ET

from tests.s3.calls import S3Call, S3Error

#: Minimum bytes of each part except the last.
MIN_PART_BYTES = 5 << 20

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")

_numbers = itertools.count()


class MultipartUpload(NamedTuple):
    key: str
    parts: dict[int, bytes]


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, MultipartUpload] = {}


class Response(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def _list(bucket: Bucket, call: S3Call) -> Response:
    prefix = call.query.get("prefix", "")
    keys = sorted(key for key in bucket.objects if key.startswith(prefix))
    items = "".join(
        f"<Contents><Key>{key}</Key><Size>{len(bucket.objects[key])}</Size><ETag>{_etag(bucket.objects[key])}"
        "</ETag><LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    return Response(body=f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode())


def _put(bucket: Bucket, call: S3Call) -> Response:
    bucket.objects[call.key] = call.body
    return Response(headers=(("ETag", _etag(call.body)),))


def _get(bucket: Bucket, call: S3Call) -> Response:
    if call.key not in bucket.objects:
        raise S3Error(404, "NoSuchKey")
    body = bucket.objects[call.key]
    headers = (("ETag", _etag(body)), ("Last-Modified", "Tue, 24 Nov 2026 00:00:00 GMT"))
    byte_range = _RANGE.fullmatch(call.headers.get("range", ""))
    if not byte_range:
        return Response(200, body, headers)
    start, end = int(byte_range[1]), min(len(body), int(byte_range[2] or len(body)) + 1)
    if start >= len(body):
        raise S3Error(416, "InvalidRange")
    return Response(206, body[start:end], (*headers, ("Content-Range", f"bytes {start}-{end - 1}/{len(body)}")))


def _delete(bucket: Bucket, call: S3Call) -> Response:
    bucket.objects.pop(call.key, None)
    return Response(204)


def _begin(bucket: Bucket, call: S3Call) -> Response:
    name = f"upload{next(_numbers)}"
    bucket.uploads[name] = MultipartUpload(call.key, {})
    return Response(
        body=(
            f"<InitiateMultipartUploadResult><Bucket>{call.bucket}</Bucket><Key>{call.key}</Key>"
            f"<UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
        ).encode()
    )


def _upload(bucket: Bucket, call: S3Call) -> MultipartUpload:
    upload = bucket.uploads.get(call.query["uploadId"])
    if upload is None or upload.key != call.key:
        raise S3Error(404, "NoSuchUpload")
    return upload


def _part(bucket: Bucket, call: S3Call) -> Response:
    _upload(bucket, call).parts[int(call.query["partNumber"])] = call.body
    return Response(headers=(("ETag", _etag(call.body)),))


def _complete(bucket: Bucket, call: S3Call) -> Response:
    upload, parts = _upload(bucket, call), []
    for part in ET.fromstring(call.body):
        fields = {field.tag.rpartition("}")[2]: field.text or "" for field in part}
        parts.append((int(fields["PartNumber"]), fields["ETag"]))
    if [number for number, _ in parts] != sorted(upload.parts):
        raise S3Error(400, "InvalidPart")
    if any(_etag(upload.parts[number]) != f'"{etag.strip(chr(34))}"' for number, etag in parts):
        raise S3Error(400, "InvalidPart")
    if any(len(upload.parts[number]) < MIN_PART_BYTES for number, _ in parts[:-1]):
        raise S3Error(400, "EntityTooSmall")
    bucket.objects[call.key] = b"".join(upload.parts[number] for number, _ in parts)
    del bucket.uploads[call.query["uploadId"]]
    etag = _etag(bucket.objects[call.key])
    return Response(
        body=(
            f"<CompleteMultipartUploadResult><Bucket>{call.bucket}</Bucket><Key>{call.key}</Key><ETag>{etag}</ETag>"
            "</CompleteMultipartUploadResult>"
        ).encode()
    )


def _abort(bucket: Bucket, call: S3Call) -> Response:
    _upload(bucket, call)
    del bucket.uploads[call.query["uploadId"]]
    return Response(204)


def _unknown(bucket: Bucket, call: S3Call) -> Response:
    raise S3Error(501, "NotImplemented")


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


HANDLERS = {
    "list": _list, "put": _put, "get": _get, "delete": _delete, "begin": _begin, "part": _part,
    "complete": _complete, "abort": _abort, "unknown": _unknown,
}  # fmt: skip
