"""Names of events, as far as counts tell them apart: a project has room for so many, in the order they came.

Apps send whatever names they like, and a name that holds an id would make rows of counts for each. So those
beyond the limit are counted together. The fold says which they are: it gives a name its place, and whoever
reads or rebuilds counts asks for the places that it gave.
"""

from collections.abc import Mapping
from typing import Any

from domain.events import segment

#: Names of a project that have counts of their own. Amplitude has as many.
MOST = 2_000

#: The name under which all others are counted.
OTHER = "(other)"

#: Conversions that ad platforms have a name of their own for.
CONVERSIONS = (
    "purchase_success", "subscription_start", "sign_up", "trial_start", "add_to_cart", "content_open",
    "search",
)  # fmt: skip

#: Names that need no place.
ALWAYS = [*CONVERSIONS, *segment.NAMES.values(), OTHER]

#: What statements take that count by names.
PLACES: Mapping[str, Any] = {"most_names": MOST, "always": ALWAYS, "other": OTHER}
