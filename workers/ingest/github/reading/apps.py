"""Names of an app on a device: in Info.plist, and in AndroidManifest.xml with its strings."""

import plistlib
import re
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from lxml import etree

from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import RepositoryFile
from workers.ingest.page.text import clean

LABEL_ATTRIBUTE = "{http://schemas.android.com/apk/res/android}label"
#: Placeholders that a build replaces.
PLACEHOLDER = re.compile(r"\$[({]|^@|^\?")
#: Escapes of Android's strings: a backslash before a letter, and bare quotes, which keep blanks.
ESCAPE = re.compile(r"\\(.)|\"")
#: Bundles that are only a part of an app (CFBundlePackageType).
PARTIAL_BUNDLES = {"XPC!", "FMWK", "BNDL"}


def from_plist(body: bytes) -> Iterator[Statement]:
    """Yield the app's names. plistlib itself refuses a file that declares entities."""
    try:
        values = plistlib.loads(body)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, ExpatError):
        return
    if (
        not isinstance(values, dict)
        or "NSExtension" in values
        or values.get("CFBundlePackageType") in PARTIAL_BUNDLES
    ):
        return
    for key, confidence in (("CFBundleDisplayName", 0.75), ("CFBundleName", 0.70)):
        name = values.get(key)
        if isinstance(name, str) and not PLACEHOLDER.search(name):
            yield Statement("appName", clean(name), confidence, f"plist.{key}")


def from_android(body: bytes, files: list[RepositoryFile]) -> Iterator[Statement]:
    """Yield the application's label, mostly the name of a string in `files`."""
    root = parse_xml(body)
    application = root.find("application") if root is not None else None
    label = application.get(LABEL_ATTRIBUTE) if application is not None else None
    if label is None:
        return
    name = strings(files).get(label.removeprefix("@string/"), "") if label.startswith("@") else label
    if name and not PLACEHOLDER.search(name):
        yield Statement("appName", clean(name), 0.75, "android.label")


def strings(files: list[RepositoryFile]) -> dict[str, str]:
    """Return the strings of all strings.xml, as a device shows them."""
    values: dict[str, str] = {}
    for file in files:
        root = parse_xml(file.body) if file.path.endswith("strings.xml") else None
        for element in root.iter("string", "item") if root is not None else ():
            text = "".join(element.itertext()).strip()
            values.setdefault(element.get("name", ""), ESCAPE.sub(r"\1", text))
    return values


def parse_xml(body: bytes) -> etree._Element | None:
    """Parse the XML without expanding entities or fetching anything; None for a broken file."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False)
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
