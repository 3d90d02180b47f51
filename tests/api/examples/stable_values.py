"""Makes values stable that differ between runs: ids, times, secrets, addresses."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

#: The day of the story.
DAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
API = "https://api.example.com"

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
EVENT = re.compile(r"^id: \d+")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?!:)")
KEY = re.compile(r"lp_(live|test)_\w{16}_[\w-]{43}")
APP_KEY = re.compile(r"(lpa_app_[0-9a-f-]{36}_)[\w-]{43}")
SECRET = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")
HEX = re.compile(r"\b[0-9a-f]{64}\b")
SIGNING = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d+|127\.0\.0\.1:\d+")

KEY_ID, STEP_S = "k7qm2xw9bt4cr8nz", 600
#: Fields with insignificant values.
FIELDS = {"keyId": KEY_ID, "host": "worker-1", "pid": 4242, "offsetSeconds": 3600.0}


class StableValues:
    """Gives each object a stable name, in the order of appearance."""

    def __init__(self, began: datetime, hosts: dict[str, str]) -> None:
        """`hosts` maps the addresses of this run to their published names."""
        self.began, self.hosts = began, hosts
        self.ids: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: FIELDS[name] if name in FIELDS else self(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self(one) for one in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if DATE.fullmatch(text):
            return str(DAY.date() + (date.fromisoformat(text) - self.began.date()))
        for host, known in self.hosts.items():
            text = text.replace(host, known)
        text = UUID.sub(lambda found: self._id(found[0]), text)
        text = INSTANT.sub(lambda found: self._time(found[0]), text)
        text = EVENT.sub("id: 4", text)
        text = LOCAL.sub(f"{DAY + timedelta(days=1):%Y-%m-%dT%H:%M}", text)
        text = KEY.sub(rf"lp_\1_{KEY_ID}_" + "s" * 43, text)
        text = APP_KEY.sub(r"\1" + "s" * 43, text)
        text = SIGNING.sub("whsec_" + "s" * 43 + "=", text)
        text = LOOPBACK.sub(API, text)
        return text if HEX.search(text) else SECRET.sub(lambda found: self._secret(found[0]), text)

    def _id(self, found: str) -> str:
        return self.ids.setdefault(found, f"019a4000-0000-7000-8000-{len(self.ids) + 1:012d}")

    def _secret(self, found: str) -> str:
        return self.secrets.setdefault(found, f"{len(self.secrets) + 1:043d}")

    def _time(self, found: str) -> str:
        """Return the offset from the start, rounded to ten minutes, as a time of `DAY`."""
        after = (datetime.fromisoformat(found) - self.began).total_seconds()
        shown = DAY + timedelta(seconds=round(after / STEP_S) * STEP_S)
        return f"{shown:%Y-%m-%dT%H:%M:%SZ}"
