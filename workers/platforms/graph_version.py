"""The version of Meta's Graph API in all calls: Instagram's and the Conversions API's.

A call without a version gets the oldest one that Meta still serves to the app, so it changes by itself. Meta
serves a version for two years and more (developers.facebook.com/docs/graph-api/changelog/versions,
2026-11-30).
"""

from datetime import date, timedelta

from telemetry import logs

#: Released 2026-02-18. Meta ends it on the day of `META_GRAPH_API_VERSION_USABLE_UNTIL`.
META_GRAPH_API_VERSION = "v25.0"
META_GRAPH_API_VERSION_USABLE_UNTIL = date(2028, 7, 29)
#: Time before that day from which on workers warn.
META_GRAPH_API_VERSION_NOTICE_TIME = timedelta(days=180)

_log = logs.get_logger("platforms")


def warn_if_meta_graph_version_ends(today: date) -> bool:
    """Log a warning if Meta ends our version of the Graph API within `META_GRAPH_API_VERSION_NOTICE_TIME` from `today`.

    Return whether it was logged. Workers of the pool that publishes posts call it at the start.
    """
    if today < META_GRAPH_API_VERSION_USABLE_UNTIL - META_GRAPH_API_VERSION_NOTICE_TIME:
        return False
    _log.warning(
        "graph version ends",
        version=META_GRAPH_API_VERSION,
        usable_until=META_GRAPH_API_VERSION_USABLE_UNTIL.isoformat(),
    )
    return True
