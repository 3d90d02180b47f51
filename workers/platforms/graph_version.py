"""The version of Meta's Graph API in all calls: Instagram's and the Conversions API's.

A call without a version gets the oldest one that Meta still serves to the app, so it changes by itself. Meta
serves a version for two years and more (developers.facebook.com/docs/graph-api/changelog/versions,
2026-11-30).
"""

from datetime import date, timedelta

from telemetry import logs

#: Released 2026-02-18. Meta ends it on the day of `GRAPH_VERSION_USABLE_UNTIL`.
GRAPH_VERSION = "v25.0"
GRAPH_VERSION_USABLE_UNTIL = date(2028, 7, 29)
#: Time before that day from which on workers warn.
GRAPH_VERSION_NOTICE_TIME = timedelta(days=180)

_log = logs.get_logger("platforms")


def warn_if_graph_version_ends(today: date) -> bool:
    """Log a warning if Meta ends our version of the Graph API within `GRAPH_VERSION_NOTICE_TIME` from `today`.

    Return whether it was logged. Workers call it at the start.
    """
    if today < GRAPH_VERSION_USABLE_UNTIL - GRAPH_VERSION_NOTICE_TIME:
        return False
    _log.warning("graph version ends", version=GRAPH_VERSION, usable_until=GRAPH_VERSION_USABLE_UNTIL.isoformat())
    return True
