"""A request to S3, and the check of its signature."""

import hashlib
import hmac
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

KEY_ID, SECRET, REGION = "TESTKEYTESTKEYTEST", "secret/of+the/tests", "eu-test-1"

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,"
    r" ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


class S3Error(Exception):
    """An error response: its status and S3's code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


class S3Call(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def bucket(self) -> str:
        return unquote(self.path).split("/", 2)[1]

    @property
    def key(self) -> str:
        return unquote(self.path).split("/", 2)[2]


def operation_of(call: S3Call) -> str:
    """Return the operation of a call; `unknown` for an operation that the product doesn't use."""
    names = set(call.query)
    if not call.path.strip("/").partition("/")[2]:
        return "list" if call.method == "GET" and call.query.get("list-type") == "2" else "unknown"
    if names == {"uploads"} and call.method == "POST":
        return "begin"
    if names == {"uploadId", "partNumber"} and call.method == "PUT":
        return "part"
    if names == {"uploadId"} and call.method in {"POST", "DELETE"}:
        return "complete" if call.method == "POST" else "abort"
    return {"GET": "get", "PUT": "put", "DELETE": "delete"}.get(call.method, "unknown") if not names else "unknown"


def check_signature(call: S3Call) -> None:
    """Check the `Authorization` header (AWS Signature Version 4) and the body's signed hash."""
    match = _SIGNED.fullmatch(call.headers.get("authorization", ""))
    if not match:
        raise S3Error(403, "AccessDenied")
    key_id, day, region, names, signature = match.groups()
    if key_id != KEY_ID:
        raise S3Error(403, "InvalidAccessKeyId")
    if region != REGION:
        raise S3Error(400, "AuthorizationHeaderMalformed")
    if signature != _signature(call, day, names):
        raise S3Error(403, "SignatureDoesNotMatch")
    if call.headers["x-amz-content-sha256"] != hashlib.sha256(call.body).hexdigest():
        raise S3Error(400, "XAmzContentSHA256Mismatch")


def _signature(call: S3Call, day: str, names: str) -> str:
    query = "&".join(f"{quote(name, '-_.~')}={quote(value, '-_.~')}" for name, value in sorted(call.query.items()))
    headers = "".join(f"{name}:{' '.join(call.headers[name].split())}\n" for name in names.split(";"))
    canonical = "\n".join([call.method, call.path, query, headers, names, call.headers["x-amz-content-sha256"]])
    scope = f"{day}/{REGION}/s3/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", call.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()
