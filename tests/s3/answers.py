"""S3's responses to our calls, and their effects on a bucket."""

import hashlib
import itertools
import re
from typing import NamedTuple
from xml.etree import ElementTree as ET

from tests.s3.calls import Bad, Call

#: Minimum bytes of each part except the last.
PART_MIN = 5 << 20

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")

_numbers = itertools.count()


class Upload(NamedTuple):
    key: str
    parts: dict[int, bytes]


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, Upload] = {}


class Answer(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def _list(bucket: Bucket, call: Call) -> Answer:
    prefix = call.query.get("prefix", "")
    keys = sorted(key for key in bucket.objects if key.startswith(prefix))
    items = "".join(
        f"<Contents><Key>{key}</Key><Size>{len(bucket.objects[key])}</Size><ETag>{_etag(bucket.objects[key])}"
        "</ETag><LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    return Answer(
        body=f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()
    )


def _put(bucket: Bucket, call: Call) -> Answer:
    bucket.objects[call.key] = call.body
    return Answer(headers=(("ETag", _etag(call.body)),))


def _get(bucket: Bucket, call: Call) -> Answer:
    if call.key not in bucket.objects:
        raise Bad(404, "NoSuchKey")
    body = bucket.objects[call.key]
    always = (("ETag", _etag(body)), ("Last-Modified", "Tue, 24 Nov 2026 00:00:00 GMT"))
    asked = _RANGE.fullmatch(call.headers.get("range", ""))
    if not asked:
        return Answer(200, body, always)
    start, end = int(asked[1]), min(len(body), int(asked[2] or len(body)) + 1)
    if start >= len(body):
        raise Bad(416, "InvalidRange")
    return Answer(206, body[start:end], (*always, ("Content-Range", f"bytes {start}-{end - 1}/{len(body)}")))


def _delete(bucket: Bucket, call: Call) -> Answer:
    bucket.objects.pop(call.key, None)
    return Answer(204)


def _begin(bucket: Bucket, call: Call) -> Answer:
    name = f"upload{next(_numbers)}"
    bucket.uploads[name] = Upload(call.key, {})
    return Answer(
        body=(
            f"<InitiateMultipartUploadResult><Bucket>{call.bucket}</Bucket><Key>{call.key}</Key>"
            f"<UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
        ).encode()
    )


def _upload(bucket: Bucket, call: Call) -> Upload:
    upload = bucket.uploads.get(call.query["uploadId"])
    if upload is None or upload.key != call.key:
        raise Bad(404, "NoSuchUpload")
    return upload


def _part(bucket: Bucket, call: Call) -> Answer:
    _upload(bucket, call).parts[int(call.query["partNumber"])] = call.body
    return Answer(headers=(("ETag", _etag(call.body)),))


def _complete(bucket: Bucket, call: Call) -> Answer:
    upload, listed = _upload(bucket, call), []
    for part in ET.fromstring(call.body):
        fields = {field.tag.rpartition("}")[2]: field.text or "" for field in part}
        listed.append((int(fields["PartNumber"]), fields["ETag"]))
    if [number for number, _ in listed] != sorted(upload.parts):
        raise Bad(400, "InvalidPart")
    if any(_etag(upload.parts[number]) != f'"{etag.strip(chr(34))}"' for number, etag in listed):
        raise Bad(400, "InvalidPart")
    if any(len(upload.parts[number]) < PART_MIN for number, _ in listed[:-1]):
        raise Bad(400, "EntityTooSmall")
    bucket.objects[call.key] = b"".join(upload.parts[number] for number, _ in listed)
    del bucket.uploads[call.query["uploadId"]]
    etag = _etag(bucket.objects[call.key])
    return Answer(
        body=(
            f"<CompleteMultipartUploadResult><Bucket>{call.bucket}</Bucket><Key>{call.key}</Key><ETag>{etag}</ETag>"
            "</CompleteMultipartUploadResult>"
        ).encode()
    )


def _abort(bucket: Bucket, call: Call) -> Answer:
    _upload(bucket, call)
    del bucket.uploads[call.query["uploadId"]]
    return Answer(204)


def _unknown(bucket: Bucket, call: Call) -> Answer:
    raise Bad(501, "NotImplemented")


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


ANSWERS = {
    "list": _list, "put": _put, "get": _get, "delete": _delete, "begin": _begin, "part": _part,
    "complete": _complete, "abort": _abort, "unknown": _unknown,
}  # fmt: skip
