"""Event names with counts of their own: a limited number for each project, in order of arrival.

Apps choose their names freely, and names with ids in them would create count rows without limit. So all names
beyond the limit are counted together. The fold assigns a name its place, and every reader and rebuild of
counts uses the assigned places.
"""

from collections.abc import Mapping
from typing import Any

from domain.events import segment

#: Names of a project with counts of their own. Amplitude has as many.
MAX_COUNTED_EVENT_NAMES = 2_000

#: Name under which all others are counted.
OTHER_EVENTS_NAME = "(other)"

#: Conversions with a standard name at ad platforms.
CONVERSION_EVENT_NAMES = (
    "purchase_success", "subscription_start", "sign_up", "trial_start", "add_to_cart", "content_open",
    "search",
)  # fmt: skip

#: Names that need no place.
ALWAYS_COUNTED_EVENT_NAMES = [
    *CONVERSION_EVENT_NAMES,
    *segment.EVENT_NAME_BY_SEGMENT_MESSAGE_TYPE.values(),
    OTHER_EVENTS_NAME,
]

#: Parameters of statements that count by name.
EVENT_NAME_COUNT_SQL_PARAMETERS: Mapping[str, Any] = {
    "most_names": MAX_COUNTED_EVENT_NAMES,
    "always": ALWAYS_COUNTED_EVENT_NAMES,
    "other": OTHER_EVENTS_NAME,
}
