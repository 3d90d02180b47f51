"""Trades of brands: whether a brand is software, so that its screens lead."""

from generation.copy import names, statements
from generation.spec import BrandSnapshot

#: Calls to action of trades that are software.
_SOFTWARE_CALLS = frozenset({"play", "try"})


def is_software_brand(brand: BrandSnapshot) -> bool:
    """Return whether a brand is software: by its trade, else by a link to its listing in an app store."""
    if brand.trade is not None:
        return statements.choose_call_of_trade(brand, in_store=False) in _SOFTWARE_CALLS
    return any(names.app_store_listing_evidence(brand, which) for which in names.APP_STORE_HOST_PATTERNS)
