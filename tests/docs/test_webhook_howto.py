"""docs/howto/webhooks.md: its code accepts only valid signatures, and it lists each type."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from standardwebhooks import Webhook

from schemas.webhooks import WebhookEventType

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "webhooks.md").read_text("utf-8")
SECRET, BODY = "whsec_" + "A" * 43 + "=", '{"id": "evt_1"}'


def verify(**changed: Any) -> bool:
    """Run the page's code on a request signed by another implementation."""
    values: dict[str, Any] = {"secret": SECRET, "at": int(time.time()), "body": BODY.encode()} | changed
    signed = Webhook(SECRET).sign("evt_1", datetime.fromtimestamp(values["at"], UTC), BODY)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(values["at"])}
    code = re.search(r"cat > \"\$tmp/verify.py\" <<'END'\n(.*?)^END$", PAGE, re.MULTILINE | re.DOTALL)
    assert code
    namespace: dict[str, Any] = {}
    exec(code[1], namespace)
    is_valid: bool = namespace["verify"](
        values["secret"], headers | {"webhook-signature": f"v1,AAAA {signed}"}, values["body"]
    )
    return is_valid


def test_the_pages_code_accepts_only_valid_signatures() -> None:
    assert verify()
    assert not verify(body=BODY.encode() + b" ")
    assert not verify(secret="whsec_" + "B" * 43 + "=")
    assert not verify(at=int(time.time()) - 301)
    assert not verify(at=int(time.time()) + 301)


def test_the_page_lists_each_type() -> None:
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", table)) == {*get_args(WebhookEventType)}
