"""A partner's reader of webhook events, with httpx-sse: `python read_events.py ADDRESS KEY HOW_MANY`.

It reconnects after the last id, and prints the ids of all events.
"""

import sys

import httpx
from httpx_sse import connect_sse

address, key, many = sys.argv[1:]
last, messages = "", 0
while messages < int(many):
    headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": last} if last else {})
    with httpx.Client(timeout=120) as client:
        try:
            with connect_sse(client, "GET", address, headers=headers) as source:
                for sent in source.iter_sse():
                    last = sent.id
                    if sent.data:
                        sys.stdout.write(f"{sent.event} {sent.id}\n")
                        sys.stdout.flush()
                        messages += sent.event == "message"
                    if messages == int(many):
                        break
        except httpx.TransportError:
            continue
