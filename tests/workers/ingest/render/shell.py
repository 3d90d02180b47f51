"""Site with a page that is empty until its script has fetched its text."""

import asyncio

from tests.workers.web.web import Answers, Script, raw_response

TAGLINE = "Draw what you say"
SHELL = "<html lang=en><title>Zap</title><div id=root></div><script src=/app.js></script>"
APP = """fetch('/data.json').then((response) => response.json()).then((data) => {
    document.getElementById('root').innerHTML = `<h1>${data.tagline}</h1>` + `<p>${data.text}</p>`.repeat(8)
})"""
DATA = f'{{"tagline": "{TAGLINE}", "text": "Zap draws what you say, for small teams that write a lot."}}'
DATA_RESPONSE = raw_response(body=DATA, content_type="application/json")
SHELL_ANSWERS: Answers = {
    "/": raw_response(body=SHELL, etag='"1"'),
    "/app.js": raw_response(body=APP, content_type="text/javascript"),
    "/data.json": DATA_RESPONSE,
}


def hold_data(held: asyncio.Event) -> Script:
    """Send nothing, and set the event."""

    async def hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        held.set()
        await reader.read()

    return hold
