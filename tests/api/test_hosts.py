"""Host check: requests with another name are refused; test_metrics_port.py has the other port."""

import pytest

from api.app import set_api_settings_and_clock
from schemas.errors import SettingsInvalid
from schemas.hosts import build_allowed_hosts
from schemas.settings import Settings, load_settings
from tests.api.conftest import built_app, client_of, hold_context
from tests.api.refusals import assert_refused
from tests.servers import environment

PATHS = ["/metrics", "/healthz", "/docs", "/console", "/v1/openapi.json", "/v1/projects", "/%2e", "/nothing"]


async def test_dns_rebinding_page_reads_nothing(settings: Settings) -> None:
    app = set_api_settings_and_clock(built_app(), settings, private=True)
    foreign = {"Host": "evil.example:8000"}
    async with hold_context(app.lifespan()), client_of(app) as client:
        for path in PATHS:
            assert_refused(await client.get(path, headers=foreign), 421, "HOST_NOT_ALLOWED")
            assert (await client.get(path)).status_code != 421


ALLOWED = """
    localhost LOCALHOST:8000 app.localhost 127.0.0.1:80 10.2.3.4 [::1]:8000 [2001:db8::7] api.example.com
    api.example.com. other.example.com a.internal a.b.internal:9100
"""
REFUSED = """
    evil.example api.example.com.evil.example evilapi.example.com internal evil-internal
    localhost.evil.example 127.0.0.1.evil.example 1.2.3 0x7f.1 [evil.example] a:b:c user@localhost
"""


def test_only_the_named_hosts_are_allowed() -> None:
    hosts = build_allowed_hosts("other.example.com,.internal", "https://api.example.com")
    assert [host for host in ("", *ALLOWED.split()) if not hosts.allows(host)] == []
    assert [host for host in REFUSED.split() if hosts.allows(host)] == []


def test_a_setting_that_names_no_hosts_is_refused(settings: Settings) -> None:
    for names in ("*", "https://api.example.com", "a,,b", "a b", "api.example.com:443", "a,"):
        with pytest.raises(SettingsInvalid, match="ALLOWED_HOSTS"):
            load_settings(environment(settings) | {"ALLOWED_HOSTS": names})
