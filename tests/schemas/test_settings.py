"""Settings: optional groups are complete or absent, and errors never contain a value."""

import base64

import pytest

from schemas.errors import SettingsInvalid
from schemas.settings import SETTINGS_REQUIRED_TOGETHER, load_settings
from tests.servers import KEYRING

REQUIRED = {
    "DATABASE_URL": "postgresql://localhost/x",
    "REDIS_URL": "redis://localhost",
    "PEPPERS": KEYRING,
    "VAULT_KEYS": KEYRING,
}
MODEL = {"LLM_BASE_URL": "https://api.example.com/v1/", "LLM_MODEL": "small"}

KEY = base64.b64encode(b"hush" * 8).decode()

#: Refused values by setting; those that could be a secret contain `hush`.
REFUSED = {
    "GITHUB_API_URL": ["ftp://github.com", "https://hush@github.com", "https://a.test?x=1", "github.com"],
    "ASSETS_URL": [
        *("", "/srv/assets", "file:", "file:///", "file://host/srv", "file:///a?b", "file:/srv", "s3://"),
        *("s3:bucket", "s3://ab", "s3://Media", "s3://my.media", "s3://key:hush@media", "s3://media?x=1"),
        *("s3://media//a", "s3://media/../a", "s3://media/a b", "s3://media/" + "a" * 501, "gs://media"),
    ],
    "AWS_ENDPOINT_URL": ["s3.test", "https://hush@s3.test", "https://s3.test/path", "https://s3.test:99999"],
    "LLM_BASE_URL": [
        *("api.example.com/v1", "ftp://a.test", "https://hush@a.test", "https://a.test/v1?x=1"),
        "https://a.test:99999/v1",
    ],
    "PEPPERS": [
        *("", "hush", "a:hush", f"{KEY}", f":{KEY}", f"a:{KEY},", f"a:{KEY},a:{KEY}", f"a:{KEY[:-4]}"),
        *(f"a: {KEY}", f"a:{KEY}==", "a:hüsh", ":", "a:", "a:!!!!", f"{KEY}:", f"a:{KEY},{KEY}", f"a:{KEY}:{KEY}"),
    ],
    "VAULT_KEYS": ["hush", f"a:{KEY};b:{KEY}"],
    "LOG_LEVEL": ["loud"],
    "POOL_SIZE": ["many"],
    "DATABASE_URL": ["postgresql://me:a/b@localhost/x", "postgresql://one:1,two:hush/x", "postgresql://one:0,two/x"],
    "REDIS_URL": ["redis://one:1,two:2"],
    "LLM_API_KEY": ["two hush words", "hush\nbreak", "hüsh"],
}


def test_optional_settings_may_be_absent() -> None:
    settings = load_settings(REQUIRED | {"LLM_BASE_URL": ""})
    assert (settings.github_app_slug, settings.github_api_url) == ("", "https://api.github.com")
    assert settings.llm_base_url == ""


def test_a_database_may_have_a_standby() -> None:
    url = "postgresql://me:a,b@one:5432,[::1]:5433,two/x?target_session_attrs=read-write"
    assert load_settings(REQUIRED | {"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("names", "missing"), [(names, name) for names in SETTINGS_REQUIRED_TOGETHER for name in names]
)
@pytest.mark.parametrize("empty", [True, False])
def test_incomplete_group_names_the_missing_one(names: tuple[str, ...], missing: str, empty: bool) -> None:
    variables = REQUIRED | dict.fromkeys(names, "hush")
    assert getattr(load_settings(variables), missing.lower()) == "hush"
    if empty:
        variables[missing] = ""
    else:
        del variables[missing]
    with pytest.raises(SettingsInvalid, match=f"^{missing} is missing") as raised:
        load_settings(variables)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_a_bad_value_names_its_setting_and_is_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name) as raised:
        load_settings(REQUIRED | MODEL | {name: value})
    assert "hush" not in str(raised.value)
    assert KEY[:8] not in str(raised.value)
    if value and name in ("PEPPERS", "VAULT_KEYS"):
        assert str(raised.value).startswith(f"{name}: entry ")


@pytest.mark.parametrize(
    "url", ["file:///srv/assets", "file:.local/assets", "file:assets", "s3://media", "s3://media/a/b.c/"]
)
def test_media_storage_is_a_folder_or_a_bucket(url: str) -> None:
    assert load_settings(REQUIRED | {"ASSETS_URL": url}).assets_url == url


def test_a_model_needs_an_address_and_a_name() -> None:
    assert load_settings(REQUIRED | MODEL).llm_base_url == MODEL["LLM_BASE_URL"]
    with pytest.raises(SettingsInvalid, match=r"^LLM_MODEL is missing"):
        load_settings(REQUIRED | {"LLM_BASE_URL": "http://127.0.0.1:11434/v1"})


def test_a_keyring_may_have_several_keys() -> None:
    assert load_settings(REQUIRED | {"PEPPERS": f"new:{KEY}, old:{KEY}"}).peppers.startswith("new:")
