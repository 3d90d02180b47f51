"""What is optional is there whole, or not at all."""

import pytest

from schemas.errors import SettingsInvalid
from schemas.settings import BUCKET_KEY, GITHUB_APP, from_env
from tests.servers import KEYRING

NEEDED = {
    "DATABASE_URL": "postgresql://localhost/x",
    "REDIS_URL": "redis://localhost",
    "PEPPERS": KEYRING,
    "VAULT_KEYS": KEYRING,
}


def test_an_app_may_be_absent() -> None:
    settings = from_env(NEEDED)
    assert (settings.github_app_slug, settings.github_api_url) == ("", "https://api.github.com")


@pytest.mark.parametrize("missing", GITHUB_APP)
@pytest.mark.parametrize("empty", [True, False])
def test_an_app_that_is_set_in_part_names_what_is_missing(missing: str, empty: bool) -> None:
    app = dict.fromkeys(GITHUB_APP, "x")
    if empty:
        app[missing] = ""
    else:
        del app[missing]
    with pytest.raises(SettingsInvalid, match=f"^{missing} is missing"):
        from_env(NEEDED | app)


def test_a_whole_app_is_read() -> None:
    assert from_env(NEEDED | dict.fromkeys(GITHUB_APP, "x")).github_client_id == "x"


@pytest.mark.parametrize(
    "url", ["ftp://github.com", "https://token@github.com", "https://a.test?x=1", "github.com"]
)
def test_an_origin_is_a_plain_web_address(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="GITHUB_API_URL"):
        from_env(NEEDED | {"GITHUB_API_URL": url})


@pytest.mark.parametrize(
    "url", ["file:///srv/assets", "file:.local/assets", "file:assets", "s3://media", "s3://media/a/b.c/"]
)
def test_media_is_kept_in_a_folder_or_a_bucket(url: str) -> None:
    assert from_env(NEEDED | {"ASSETS_URL": url}).assets_url == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "/srv/assets", "file:", "file:///", "file://host/srv", "file:///a?b", "file:/srv"),
        *(
            "s3://",
            "s3:bucket",
            "s3://ab",
            "s3://Media",
            "s3://my.media",
            "s3://key:secret@media",
            "s3://media?x=1",
        ),
        *("s3://media//a", "s3://media/../a", "s3://media/a b", "s3://media/" + "a" * 501, "gs://media"),
    ],
)
def test_and_nowhere_else(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="ASSETS_URL"):
        from_env(NEEDED | {"ASSETS_URL": url})


@pytest.mark.parametrize(("given", "missing"), [BUCKET_KEY, BUCKET_KEY[::-1]])
def test_a_key_for_the_bucket_has_a_secret(given: str, missing: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"^{missing} is missing") as raised:
        from_env(NEEDED | {"ASSETS_URL": "s3://media", given: "hush"})
    assert "hush" not in str(raised.value)
    assert from_env(NEEDED | dict.fromkeys(BUCKET_KEY, "x")).aws_access_key_id == "x"


@pytest.mark.parametrize(
    "url", ["s3.test", "https://key@s3.test", "https://s3.test/path", "https://s3.test:99999"]
)
def test_a_buckets_keeper_is_a_plain_web_address(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="AWS_ENDPOINT_URL"):
        from_env(NEEDED | {"AWS_ENDPOINT_URL": url})


def test_a_language_model_may_be_absent() -> None:
    assert from_env(NEEDED).llm_base_url == from_env(NEEDED | {"LLM_BASE_URL": ""}).llm_base_url == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "https://api.example.com/v1/"])
def test_a_model_needs_an_address_and_a_name(url: str) -> None:
    whole = NEEDED | {"LLM_BASE_URL": url, "LLM_MODEL": "small"}
    assert from_env(whole).llm_base_url == url
    with pytest.raises(SettingsInvalid, match=r"^LLM_MODEL is missing"):
        from_env(NEEDED | {"LLM_BASE_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com/v1",
        "ftp://a.test",
        "https://key@a.test",
        "https://a.test/v1?x=1",
        "https://a.test:99999/v1",
    ],
)
def test_a_models_address_is_a_plain_web_address(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="LLM_BASE_URL"):
        from_env(NEEDED | {"LLM_BASE_URL": url, "LLM_MODEL": "small"})


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_models_key_fits_a_header_and_is_not_repeated(key: str) -> None:
    with pytest.raises(SettingsInvalid, match="LLM_API_KEY") as raised:
        from_env(NEEDED | {"LLM_API_KEY": key})
    assert key not in str(raised.value)
