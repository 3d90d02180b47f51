"""The version of Meta's Graph API in all calls: Instagram's and the Conversions API's.

A call without a version gets the oldest one that Meta still serves to the app, so it changes by itself. Meta
serves a version for two years and more (developers.facebook.com/docs/graph-api/changelog/versions,
2026-11-30).
"""

from datetime import date, timedelta

from telemetry import logs

#: Released 2026-02-18. Meta ends it on the day of `USABLE_UNTIL`.
GRAPH_VERSION = "v25.0"
USABLE_UNTIL = date(2028, 7, 29)
#: Time before that day from which on workers warn.
NOTICE = timedelta(days=180)

_log = logs.get_logger("platforms")


def warn_if_ending(today: date) -> bool:
    """Log a warning if Meta soon ends the version; return whether it did. Workers call it at the start."""
    if today < USABLE_UNTIL - NOTICE:
        return False
    _log.warning("graph version ends", version=GRAPH_VERSION, usable_until=USABLE_UNTIL.isoformat())
    return True
