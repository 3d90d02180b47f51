"""Days of a zone in the calendar: their first instants match Python's zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.own_api import OwnApi

pytestmark = pytest.mark.peers

#: Clocks with changes of an hour or half an hour, at night, at midnight or into the day before.
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "UTC")


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_with_its_first_instant(api: OwnApi, page: BrowserTab, zone: str) -> None:
    days = [date(2018, 1, 1) + timedelta(days=number) for number in range(365)]
    page.open(f"{api.url}/console", "document.querySelector('[name=key]')")
    asked = f"{[str(day) for day in days]}.map((day) => zone.utc(zone.startOfDay(day, '{zone}')))"
    found = page.run(f"import('/console/zone.js').then((zone) => {asked})")
    begins = [datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in days]
    assert found == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in begins]
