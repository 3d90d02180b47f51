"""People of one seed: a portrait for each gender and age, for a person to choose among."""

from collections.abc import Sequence

from PIL import Image

from generation.portraits.portrait import portrait
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import theme

#: Pixels of a portrait's side: alone, and among others.
ALONE, AMONG = 800, 320


def people(seed: str, genders: Sequence[Gender], ages: Sequence[AgeRange], color: str) -> Image.Image:
    """A row for each gender, a column for each age."""
    colors = theme([color])
    side = ALONE if len(genders) == len(ages) == 1 else AMONG
    sheet = Image.new("RGB", (side * len(ages), side * len(genders)))
    for row, gender in enumerate(genders):
        for column, age in enumerate(ages):
            presenter = Presenter(name="", gender=gender, age_range=age, seed=seed)
            sheet.paste(portrait(presenter, colors, side), (column * side, row * side))
    return sheet
