"""Names of apps: every form of a listing's address, and invalid ones."""

from typing import Any

import pytest

from domain.brand import store_listings
from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference
from domain.values import countries
from schemas.errors import InvalidValue
from schemas.ingests import IngestAppStore


def apple(value: str, country: str | None = None) -> AppStoreListingRef:
    return AppStoreListingRef(by="id", value=value, country=country)


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        ("https://apps.apple.com/us/app/slack/id618783545", apple("618783545", "us")),
        ("https://apps.apple.com/DE/app/slack/id618783545?mt=12&uo=4#more", apple("618783545", "de")),
        ("https://apps.apple.com/app/id618783545", apple("618783545")),
        ("https://apps.apple.com/app/slack/id618783545/", apple("618783545")),
        ("https://apps.apple.com/jp/app/id618783545?l=en", apple("618783545", "jp")),
        ("https://apps.apple.com/cn/app/%E5%BE%AE%E4%BF%A1/id414478124", apple("414478124", "cn")),
        ("https://apps.apple.com/cn/app/微信/id414478124", apple("414478124", "cn")),
        ("http://itunes.apple.com/gb/app/slack/id618783545?mt=8", apple("618783545", "gb")),
        ("https://itunes.apple.com/app/apple-store/id618783545?pt=1&ct=x", apple("618783545")),
        ("https://geo.itunes.apple.com/us/app/slack/id618783545?mt=8", apple("618783545", "us")),
        ("https://itunes.apple.com/WebObjects/MZStore.woa/wa/viewSoftware?id=618783545", apple("618783545")),
        ("https://itunes.apple.com/lookup?id=618783545", apple("618783545")),
        ("itms-apps://itunes.apple.com/app/id618783545", apple("618783545")),
        ("macappstore://apps.apple.com/us/app/id803453959?mt=12", apple("803453959", "us")),
        ("apps.apple.com/us/app/slack/id618783545", apple("618783545", "us")),
        ("  618783545 ", apple("618783545")),
        ("id618783545", apple("618783545")),
        ("com.tinyspeck.chatlyio", AppStoreListingRef(by="bundleId", value="com.tinyspeck.chatlyio")),
        (
            "https://play.google.com/store/apps/details?id=com.Slack&hl=de&gl=DE",
            GooglePlayListingReference(package="com.Slack", language="de", country="de"),
        ),
        ("play.google.com/store/apps/details?id=com.Slack", GooglePlayListingReference(package="com.Slack")),
        ("market://details?id=com.Slack", GooglePlayListingReference(package="com.Slack")),
        (
            "https://play.google.com/store/apps/details?hl=pt_BR&id=com.Slack",
            GooglePlayListingReference(package="com.Slack", language="pt_BR"),
        ),
    ],
)
def test_each_form_of_an_apps_address_is_read(text: str, listing: store_listings.RequestedStoreListing) -> None:
    assert store_listings.list_requested_store_listings(IngestAppStore(app_store_url=text)) == [listing]


NO_STORES = """
0 id slack https://example.com/us/app/slack/id618783545
https://apps.apple.com.example.com/us/app/slack/id618783545
https://apps.apple.com@example.com/us/app/slack/id618783545
https://apps.apple.com:8080/us/app/slack/id618783545 https://apps.apple.com:x/us/app/slack/id618783545
https://[/us/app/slack/id618783545 javascript:alert(1) file:///etc/passwd
https://apps.apple.com/uk/app/slack/id618783545
https://play.google.com/store/apps/details?id=com.Slack&gl=xx
https://play.google.com/store/apps/details?id=Slack https://play.google.com/store/apps/details
""".split()


@pytest.mark.parametrize("text", ["", *NO_STORES])
def test_foreign_or_broken_address_is_refused(text: str) -> None:
    assert refused(app_store_url=text) == "appStoreUrl"


NO_APPS = """
https://apps.apple.com/us/developer/slack-technologies-inc/id453420243
https://itunes.apple.com/us/artist/slack/id453420243 https://apps.apple.com/us/story/id1500000000
https://apps.apple.com/us/charts/iphone/36 https://apps.apple.com/us/app-bundle/tools/id1500000000
https://apps.apple.com/us/app/slack https://apps.apple.com/us/app/slack/618783545 https://apps.apple.com/
https://itunes.apple.com/lookup?bundleId=com.example https://play.google.com/store/apps/dev?id=8228319378
https://play.google.com/store/books/details?id=x
""".split()


@pytest.mark.parametrize("url", NO_APPS)
def test_a_stores_page_of_something_else_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="but not an app's"):
        store_listings.list_requested_store_listings(IngestAppStore(app_store_url=url))


def test_all_named_listings_are_read_once() -> None:
    body = IngestAppStore(
        app_store_url="https://play.google.com/store/apps/details?id=com.Slack",
        ios_bundle_id="com.tinyspeck.chatlyio",
        android_package="com.Slack",
    )
    assert store_listings.list_requested_store_listings(body) == [
        GooglePlayListingReference(package="com.Slack"),
        AppStoreListingRef(by="bundleId", value="com.tinyspeck.chatlyio"),
    ]


@pytest.mark.parametrize(
    ("field", "path", "values"),
    [
        ("ios_bundle_id", "iosBundleId", "618783545||com..example|com.example/app|com.example&country=de"),
        ("android_package", "androidPackage", "slack|com.1example|com.example-app|https://x.example/?id=com.S"),
    ],
)
def test_a_malformed_name_is_refused_by_its_field(field: str, path: str, values: str) -> None:
    for value in values.split("|"):
        assert refused(**{field: value}) == path


def test_a_country_is_one_of_isos() -> None:
    assert len(countries.COUNTRY_CODES) == 250
    assert countries.check_country_code(" DE ", path="countryCode") == "de"
    for code in ("uk", "xx", "eu", "usa", "", "d€"):
        with pytest.raises(InvalidValue, match="countryCode"):
            countries.check_country_code(code, path="countryCode")


def refused(**body: Any) -> str:
    with pytest.raises(InvalidValue) as error:
        store_listings.list_requested_store_listings(IngestAppStore(**body))
    return str(error.value.details["issues"][0]["path"])
