"""Portraits of one seed in all genders and ages, to choose from."""

from collections.abc import Sequence

from PIL import Image

from generation.portraits.portrait import portrait
from generation.spec import AgeRange, Gender, Presenter
from generation.theme import theme

#: Side of a portrait as the only one.
SINGLE_SIDE_PX = 800
#: Side of a portrait in a grid.
GRID_SIDE_PX = 320


def people(seed: str, genders: Sequence[Gender], ages: Sequence[AgeRange], color: str) -> Image.Image:
    """Draw a row for each gender and a column for each age."""
    colors = theme([color])
    side = SINGLE_SIDE_PX if len(genders) == len(ages) == 1 else GRID_SIDE_PX
    sheet = Image.new("RGB", (side * len(ages), side * len(genders)))
    for row, gender in enumerate(genders):
        for column, age in enumerate(ages):
            presenter = Presenter(name="", gender=gender, age_range=age, seed=seed)
            sheet.paste(portrait(presenter, colors, side), (column * side, row * side))
    return sheet
