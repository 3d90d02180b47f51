"""The version of Meta's Graph API in all calls."""

from datetime import date, timedelta

import pytest

from workers.platforms import graph_version
from workers.platforms.graph_version import META_GRAPH_API_VERSION_NOTICE_TIME, META_GRAPH_API_VERSION_USABLE_UNTIL


@pytest.mark.parametrize(
    ("today", "warns"),
    [
        (META_GRAPH_API_VERSION_USABLE_UNTIL - META_GRAPH_API_VERSION_NOTICE_TIME - timedelta(days=1), False),
        (META_GRAPH_API_VERSION_USABLE_UNTIL - META_GRAPH_API_VERSION_NOTICE_TIME, True),
        (META_GRAPH_API_VERSION_USABLE_UNTIL + timedelta(days=1), True),
        (date(2026, 11, 30), False),
    ],
)
def test_workers_warn_half_a_year_before_meta_ends_it(today: date, warns: bool) -> None:
    assert graph_version.warn_if_meta_graph_version_ends(today) is warns
