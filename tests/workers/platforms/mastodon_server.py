"""A server of Mastodon's API on loopback whose answers a test chooses."""

from typing import Any

from tests.workers.platforms.scripted import Server, account, client_for, draft
from workers.platforms.contract import Draft, Prepared
from workers.platforms.mastodon.publish import Mastodon


def status(
    number: int = 1, content: str = "<p>Hello</p>", *, files: int = 0, **fields: Any
) -> dict[str, Any]:
    attachments = [{"id": str(n)} for n in range(files)]
    url = f"https://m.example/@me/{number}"
    return {"id": str(number), "content": content, "url": url, "media_attachments": attachments} | fields


async def prepared(served: Server, what: Draft | None = None) -> Prepared:
    async with client_for(served) as client:
        return await Mastodon(client).prepare(account(served, "mastodon"), what or draft())
