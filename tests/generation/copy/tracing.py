"""Checker of copies that uses the brand and the formulas, but not the code that chooses lines."""

import re
from collections.abc import Iterator
from itertools import product

from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import LanguageTable
from generation.copy.texts import strip_html_to_line
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, PieceCopy


def lines(copy: PieceCopy) -> Iterator[CopyLine]:
    yield from (copy.hook, copy.recap, copy.call_to_action, copy.ending)
    yield from (*copy.points, *copy.places, *copy.hashtags, *copy.items)
    yield from filter(None, (copy.tagline, copy.chip, copy.place, copy.quote))


def untraced(line: CopyLine, brand: BrandSnapshot) -> str | None:
    """Return why a line has no evidence, or None."""
    if wrong := [one for one in line.evidence if not stands(one, brand)]:
        return f"{wrong} stands nowhere"
    said, quotes = (line.text.casefold(), [strip_html_to_line(one.quote).casefold() for one in line.evidence])
    match line.rule:
        case "clause":
            rests = len(quotes) == 1 and said in quotes[0]
        case "keyword":
            rests = len(quotes) == 1 and letters(said) == letters(quotes[0])
        case "formula":
            rests = line.text in filled(line, brand)
        case _:
            rests = line.rule == "caller"
    return None if rests else f"{line.text!r} is nowhere in {quotes}"


def stands(evidence: CopyEvidence, brand: BrandSnapshot) -> bool:
    fields = {
        "appName": [brand.name],
        "tagline": brand.taglines,
        "appDescription": brand.descriptions,
        "keywords": brand.keywords,
        "audience": [brand.audience or ""],
        "links": list(brand.links.values()),
        "statements": [one.quote for one in brand.statements],
        "place": [brand.place or ""],
        "caller": [evidence.quote],
    }
    return any(evidence.quote in text for text in fields[evidence.field])


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def filled(line: CopyLine, brand: BrandSnapshot) -> set[str]:
    """Return all texts of formulas in any language around the names in the line's evidence."""
    app = shown_name(brand)
    hosts = [host for one in line.evidence if one.field == "links" if (host := host_of(one.quote))]
    texts = {app, "App Store", "Google Play", *hosts, *(f"{app} – {host}" for host in hosts)}
    slots = [strip_html_to_line(one.quote) for one in line.evidence if one.field not in {"appName", "links"}]
    named = [spelled(slot.rstrip(" .!"), line) for slot in slots] or [""]
    for template in templates():
        for first, second in product(named, repeat=2):
            for number in "34":
                values = dict.fromkeys(("keyword", "Keyword", "audience", "Audience", "item", "line"), first)
                text = fill(template, {**values, "place": second, "number": number, "name": app})
                texts |= {text.removesuffix(end) for end in ("", ".", "!", "。", "\u00a0!")}
    return texts


def fill(template: str, values: dict[str, str]) -> str:
    """Fill all slots in one pass: a brand's own text may contain "{app}"."""
    return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], template)


def templates() -> Iterator[str]:
    for table in LANGUAGE_TABLES.values():
        yield from templates_of(table)


def templates_of(table: LanguageTable) -> Iterator[str]:
    yield from (shape.text for shape in table.hooks.values())
    for own in (table.recaps, *table.calls.values()):
        yield from filter(None, (own.any, own.casual, own.formal))
    yield from (*table.closings.any, *table.closings.casual, *table.closings.formal)
    yield from (table.chips.place, table.chips.item, table.labels.apple, table.labels.google)


def spelled(slot: str, line: CopyLine) -> str:
    """Return the slot in the line's spelling, which differs only in capitals."""
    found = re.search(re.escape(slot.rstrip(".。 ")), line.text, re.IGNORECASE)
    return found.group() if found else slot


def shown_name(brand: BrandSnapshot) -> str:
    whole = strip_html_to_line(brand.name)
    return whole if len(whole) <= 60 else whole[:61].rpartition(" ")[0] or whole[:60]


def host_of(link: str) -> str | None:
    found = re.fullmatch(r"https://(?:www\.)?([a-z0-9.-]+)(?:/.*)?", link)
    return found[1] if found else None
