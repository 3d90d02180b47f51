"""Tables of the languages with formulas: English, German, French, Spanish.

`table.py` is the shape of a table. Read `table.py`, `en.py` and `presenters.py` first.
"""

from collections.abc import Mapping

from generation.copy.languages import de, en, es, fr
from generation.copy.languages.table import LanguageTable

TABLES: Mapping[str, LanguageTable] = {"en": en.TABLE, "de": de.TABLE, "fr": fr.TABLE, "es": es.TABLE}
#: Language of brands that declare none.
DEFAULT = "en"


def primary(tag: str | None) -> str:
    """Return the language of a tag: `de` for `de-AT`."""
    return (tag or DEFAULT).replace("_", "-").partition("-")[0].lower()
