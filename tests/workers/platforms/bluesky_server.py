"""A Personal Data Server on loopback whose answers a test chooses."""

from typing import Any

from tests.workers.platforms.scripted import server, told

BLOB = {"blob": {"$type": "blob", "ref": {"$link": "bafkqaaa"}, "mimeType": "image/png", "size": 7}}
METHODS = {
    "putRecord": "com.atproto.repo.putRecord",
    "getRecord": "com.atproto.repo.getRecord",
    "uploadBlob": "com.atproto.repo.uploadBlob",
    "resolveHandle": "com.atproto.identity.resolveHandle",
    "describeServer": "com.atproto.server.describeServer",
    "createSession": "com.atproto.server.createSession",
    "refreshSession": "com.atproto.server.refreshSession",
}


def pds(**answers: Any) -> Any:
    """A server by the methods' last words."""
    return server(**{METHODS[name]: said for name, said in answers.items()})


def xrpc(error: str, status: int = 400, **headers: str) -> bytes:
    return told({"error": error, "message": f"about {error}"}, status, **headers)
