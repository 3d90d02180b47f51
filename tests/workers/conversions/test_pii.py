"""PII in unrelated fields: planted in any field, in any encoding, it is never sent."""

import base64
import html
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.apps.relays import DEFAULT_EVENT_NAME_MAPS
from domain.events.conversion_lines import OpenConversionDestination
from tests.workers.conversions.test_hashing import due
from workers.conversions import formats, meta, person, pii, tiktok
from workers.conversions.person import ConversionEventJson
from workers.conversions.pii import (
    NO_KNOWN_PERSON_DATA,
    PersonDataToDetect,
    PiiNumberStrictness,
    collect_person_data_to_detect,
    contains_pii,
)

WEB = OpenConversionDestination("web", sandbox=False, pixel_id="1", token="t", sealed=b"", test_event_code=None)
IOS = WEB._replace(platform="ios")

#: Fields that are sent in plain, each with a permitted value.
PLAIN: Mapping[tuple[str, ...], str] = {
    ("context", "ip"): "2001:db8::7",
    ("context", "userAgent"): "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1.1.0 Mobile/15E148",
    ("context", "fbc"): "fb.1.1554763741205.IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk",
    ("context", "fbp"): "fb.1.1596403881668.1116446470",
    ("context", "ttclid"): "E.C.P.v3fQ2RHacdksKfofPmlyuStIIFJ4Af1tKYxF9zz2c2PLx1Oaw15oHpcfl5AH",
    ("context", "ttp"): "2F7h37YkS1j57AYSKTI7IHhJPYH",
    ("context", "page", "url"): "https://shop.example/thanks/2",
    ("context", "device", "advertisingId"): "AEBE52E7-03EE-455A-B3C4-E57283966239",
    ("context", "device", "model"): "iPhone17,2",
    ("context", "app", "namespace"): "example.shop",
    ("context", "app", "version"): "3.1.4",
    ("context", "os", "version"): "18.1",
    ("context", "network", "carrier"): "T-Mobile",
    ("context", "locale"): "de-DE",
    ("context", "timezone"): "Europe/Berlin",
    ("properties", "query"): "running shoes 42",
    ("properties", "order_id"): "2024-A-17",
    ("properties", "product_id"): "4006381333931",
}

#: The buyer. Each phone number is in a form that people write; a bare one is detected by its traits.
EMAIL, DIGITS, NAME = "jane.doe+x@mail.example", "4915112345678", "Doe"
PHONES = ("+4915112345678", "+49 (151) 1234-5678", "0049 151 12345678", "+49-151-12345678", "(151) 1234 5678")
IPS = ("198.51.100.23", "2001:db8:85a3::8a2e:370:7334")

Encode = Callable[[str], str]


def wide(text: str) -> str:
    """Return the text in fullwidth letters, digits and marks (U+FF01 to U+FF5E)."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


ENCODINGS: Mapping[str, Encode] = {
    "plain": lambda text: text,
    "upper": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "every": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "plus": quote_plus,
    "html": html.escape,
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "json": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "wide": wide,
    "invisible": "\u200b".join,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
}


def decoded(text: str) -> set[str]:
    """Return all decoded forms of a text, independently of the product, in lower case without blanks."""
    seen: set[str] = set()
    ahead = [text]
    while ahead:
        one = ahead.pop()
        if one in seen or len(seen) > 3_000:
            continue
        seen.add(one)
        ahead += [unquote(one), html.unescape(one), unicodedata.normalize("NFKC", one), one.replace("\u200b", "")]
        ahead.append(re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), one))
        for token in re.findall(r"[A-Za-z0-9+/_=-]{8,}", one):
            for decode in (base64.urlsafe_b64decode, bytes.fromhex):
                try:
                    found = decode(token + "=" * (-len(token) % 4)).decode()
                except ValueError:
                    continue
                if found.isprintable():
                    ahead.append(found)
    return {re.sub(r"[\s+]", "", one).lower() for one in seen}


def event(planted: Mapping[tuple[str, ...], Any], traits: Mapping[str, str]) -> ConversionEventJson:
    root: dict[str, Any] = {"context": {"traits": traits}, "properties": {}}
    for path, value in {**PLAIN, **planted}.items():
        at = root
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = value
    root["context"]["device"]["adTrackingEnabled"] = True
    root["context"]["os"]["name"] = "iOS"
    root["properties"]["products"] = [{"product_id": root["properties"].pop("product_id")}]
    return ConversionEventJson(json.loads(json.dumps(root)))


def sent(tree: ConversionEventJson, event_id: str = "e") -> list[str]:
    """Return the bodies to send: to both destinations, of a website and of an app."""
    found = due(event_id=event_id, event_name=DEFAULT_EVENT_NAME_MAPS["meta"]["sign_up"], user_id="u")
    bodies = (make(to, found, tree) for make in (meta.build_meta_event, tiktok.build_tiktok_event) for to in (WEB, IOS))
    return [msgspec.json.encode(one).decode() for one in bodies if isinstance(one, dict)]


def values(body: str) -> set[str]:
    """Return all texts and numbers in a body."""

    def walk(one: Any) -> set[str]:
        if isinstance(one, dict):
            return set().union(*map(walk, one.values()))
        return set().union(*map(walk, one)) if isinstance(one, list) else {str(one)}

    return walk(json.loads(body))


encodings = st.lists(st.sampled_from(sorted(ENCODINGS)), min_size=1, max_size=3)
surroundings = st.sampled_from(
    [
        "{}", "/u/{}/x", "https://{}/", "https://shop.example/{}", "a {} b", "id={}&x=1", "x:{}",
        "ORD-2026-{}", "20261130-{}", "{}:x",
    ]
)  # fmt: skip
fields = st.sampled_from(sorted(PLAIN))


@example(
    field=("properties", "product_id"),
    secret="0049 151 12345678",
    names=["every"],
    around="ORD-2026-{}",
    is_known=False,
)
@given(
    field=fields,
    secret=st.sampled_from([EMAIL, *PHONES, *IPS]),
    names=encodings,
    around=surroundings,
    is_known=st.booleans(),
)
def test_planted_pii_never_leaves_a_field(
    field: tuple[str, ...], secret: str, names: list[str], around: str, is_known: bool
) -> None:
    text = secret
    for name in names:
        text = ENCODINGS[name](text)
    planted = around.format(text)
    if field == ("context", "ip") and secret in IPS:
        return  # The value belongs into this field.
    traits = {"email": EMAIL, "phone": f"+{DIGITS}", "lastName": NAME} if is_known else {}
    for body in sent(event({field: planted}, traits)):
        for value in values(body):
            _holds_nothing(value, secret)


@given(secret=st.sampled_from([EMAIL, *PHONES[:2], *IPS]), names=encodings, around=surroundings)
def test_an_event_id_with_pii_is_sent_as_a_hash(secret: str, names: list[str], around: str) -> None:
    text = secret
    for name in names:
        text = ENCODINGS[name](text)
    for body in sent(event({}, {}), event_id=around.format(text)):
        for value in values(body):
            _holds_nothing(value, secret)


def test_values_of_their_format_are_sent_unchanged() -> None:
    """This proves that the values above are missing because they are planted."""
    tree = event({}, {"email": EMAIL, "phone": f"+{DIGITS}", "lastName": NAME})
    left = set[str]().union(*map(values, sent(tree)))
    assert set(PLAIN.values()) <= left
    assert tree.dropped == set()


#: Texts in their format, which stay as they are.
KEPT = [
    (formats.normalize_ip_address, "203.0.113.7"),
    (formats.strip_pii_of_sent_user_agent, "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36"),
    (formats.check_fbc, "fb.1.1554763741205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890.Bg"),
    (formats.check_ttclid, "E_C_P_CrkBjaneIsNotHere-1234"),
    (formats.check_ttp, "94e2a4j9-h3ss-k5h5-98cc-c84n745mk287"),
    (formats.keep_order_id_if_no_pii, "1000004711"),
    (formats.keep_order_id_if_no_pii, "ORD-2026-000123"),
    (formats.keep_order_id_if_no_pii, "#2026-1234567"),
    (formats.keep_order_id_if_no_pii, "20261130-0001"),
    (formats.keep_order_id_if_no_pii, "2026-11-30-1234567"),
    (formats.keep_order_id_if_no_pii, "ORD-2026-11-30-000123"),
    (formats.keep_product_id_if_no_pii, "shopify_DE_7982904672311_43729384792873"),
    (formats.keep_page_path_if_no_pii, "/2024/11/30/tide-tables"),
]
FITS = [
    *((form, text, text) for form, text in KEPT),
    (formats.normalize_ip_address, "2001:DB8:0::1", "2001:db8::1"),
    (formats.normalize_ip_address, "::ffff:203.0.113.7", "203.0.113.7"),
    (formats.normalize_ip_address, "fe80::1%jane@mail.example", None),
    (formats.normalize_ip_address, "unknown", None),
    (
        formats.strip_pii_of_sent_user_agent,
        "Instagram 302.0.0.23.114 Android (33/13; qcom; 520702231)",
        "Instagram 302.0.0.23.114 Android (33/13; qcom; )",
    ),
    (formats.strip_pii_of_sent_user_agent, "App/1.0 (jane@mail.example; iPhone)", "App/1.0 (; iPhone)"),
    (formats.strip_pii_of_sent_user_agent, "App/1.0 jane%40mail.example", None),
    (formats.check_fbc, "fb.1.1554763741205.4915112345678491511234", None),
    (formats.check_fbc, "fb.1.4915112345678.AbCdEfGhIjKlMnOpQrStUvWxYz", None),
    (formats.check_fbp, "fb.1.1596403881668.jane", None),
    (formats.check_ttclid, "jane-doe-of-mail-example", None),
    (formats.check_ttp, "4915112345678491511234", None),
    (formats.keep_valid_advertising_id, "00000000-0000-0000-0000-000000000000", None),
    (formats.keep_order_id_if_no_pii, "0151 12345678", None),
    (formats.keep_order_id_if_no_pii, "+20261130-0001", None),
    (formats.keep_order_id_if_no_pii, "tel 2026-555-0123", None),
    (formats.keep_order_id_if_no_pii, "ORD-202-555-0123", None),
    (formats.keep_order_id_if_no_pii, "2026-0151-12345678", None),
    (formats.keep_order_id_if_no_pii, "ORD-2026-555-123-4567", None),
    (formats.keep_page_path_if_no_pii, "/u/jane%252540mail.example", None),
    (formats.extract_page_origin_without_pii, "https://jane@shop.example/", "https://shop.example"),
    (formats.extract_page_origin_without_pii, "https://198.51.100.23/", None),
    (formats.extract_page_origin_without_pii, "https://jane%2540mail.example/", None),
]


@pytest.mark.parametrize(("form", "text", "left"), FITS)
def test_formats(form: Callable[[str, PersonDataToDetect], str | None], text: str, left: str | None) -> None:
    assert form(text, NO_KNOWN_PERSON_DATA) == left


@pytest.mark.parametrize("end", ["", ":", "::", ":.", ":x", "::zz", ":::1", ".", ": "])
def test_an_ipv6_address_is_found_before_any_suffix(end: str) -> None:
    assert contains_pii(f"from {IPS[1]}{end} today", PiiNumberStrictness.MARKED)


@pytest.mark.parametrize("text", [":" * 1_000, "a:" * 500, "1::" * 333])
def test_colons_cost_no_check_each(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app's key is public in a web page, so strangers choose the texts."""
    looks: list[str] = []

    def is_ip(text: str) -> bool:
        looks.append(text)
        return False

    monkeypatch.setattr(pii, "is_ip_address", is_ip)
    contains_pii(text, PiiNumberStrictness.MARKED)
    assert len(looks) <= 100
    assert max(map(len, looks), default=0) <= 100


def test_a_known_person_is_found_in_other_fields() -> None:
    known = collect_person_data_to_detect(
        {"em": "jane.doe@mail.example", "ph": "+49 151 12345678", "fn": "Jane", "ln": "Doe"}
    )
    for text in ("jane.doe", "DOE", "number 15112345678x"):
        assert contains_pii(text, PiiNumberStrictness.WRITTEN, known), text
        assert not contains_pii(text, PiiNumberStrictness.WRITTEN), text


def test_oversized_quantities_and_prices_are_dropped() -> None:
    product = {"product_id": "a", "quantity": int(DIGITS), "price": int(DIGITS)}
    tree = ConversionEventJson({"context": {}, "properties": {"products": [product]}})
    assert person.read_products_of_event(tree) == [("a", 1, None)]
    assert tree.dropped == {"quantity", "price"}


def _holds_nothing(value: str, secret: str) -> None:
    bare = re.sub(r"[\s+]", "", secret).lower()
    for form in decoded(value):
        assert bare not in form, (value, form)
        if secret in PHONES:
            digits = re.sub(r"\D", "", secret)
            assert digits not in re.sub(r"[().\-]", "", form), (value, form)
