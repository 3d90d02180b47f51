"""Checker of copies that uses the brand and the formulas, but not the code that chooses lines."""

import re
from collections.abc import Iterator

from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.texts import strip_html_to_line
from generation.spec import BrandSnapshot, CopyEvidence, CopyLine, PieceCopy


def lines(copy: PieceCopy) -> Iterator[CopyLine]:
    yield from (copy.hook, copy.recap, copy.call_to_action, copy.ending)
    yield from (*copy.points, *copy.places, *copy.hashtags)
    if copy.tagline:
        yield copy.tagline


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
    slots = [strip_html_to_line(one.quote) for one in line.evidence if one.field in {"keywords", "audience"}] or [""]
    for template in templates():
        for slot in slots:
            named = spelled(slot, line)
            for number in "34":
                text = fill(template, {"Keyword": named, "Audience": named, "n": number, "app": app})
                texts |= {text.removesuffix(end) for end in ("", ".", "!", "\u00a0!")}
    return texts


def fill(template: str, values: dict[str, str]) -> str:
    """Fill all slots in one pass: a brand's own text may contain "{app}"."""
    return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], template)


def templates() -> Iterator[str]:
    for table in LANGUAGE_TABLES.values():
        addressed = [formula for own in table.addressed.values() for formula in own.values()]
        for formulas in (table.formulas, *table.tones.values(), addressed):
            for formula in formulas:
                yield from (formula,) if isinstance(formula, str) else formula


def spelled(slot: str, line: CopyLine) -> str:
    """Return the slot in the line's spelling, which differs only in capitals."""
    found = re.search(re.escape(slot.rstrip(".。 ")), line.text, re.IGNORECASE)
    return found.group() if found else slot


def shown_name(brand: BrandSnapshot) -> str:
    whole = strip_html_to_line(brand.name)
    return whole if len(whole) <= 60 else whole[:61].rpartition(" ")[0] or whole[:60]


def host_of(link: str) -> str | None:
    found = re.fullmatch(r"https://(?:www\.)?([a-z.]+)(?:/.*)?", link)
    return found[1] if found else None
