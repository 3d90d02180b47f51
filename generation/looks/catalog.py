"""Catalog of our looks: their names and needs, readable without drawing libraries."""

from functools import cache
from importlib.resources import files

from generation.looks.template import LookHeader, Template, parse_template

#: Names of our looks, in the order of their general use.
LOOK_NAMES = ("poster", "editorial", "caption", "big-type", "product", "app", "quote", "list")


@cache
def load_look(name: str) -> Template:
    """Return one of our looks by its name. Raises `KeyError` for another name."""
    if name not in LOOK_NAMES:
        raise KeyError(name)
    return parse_template((files("generation.looks") / "families" / f"{name}.html").read_text(encoding="utf-8"))


@cache
def list_looks() -> list[LookHeader]:
    """Return the headers of our looks, in the order of their general use."""
    return [load_look(name).header for name in LOOK_NAMES]
