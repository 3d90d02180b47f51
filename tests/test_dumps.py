"""The search for secrets in a dump finds planted ones, so an empty result proves something."""

from base64 import b64encode

import pytest

from tests.dumps import find_secrets

SECRETS = ["eyJhbGciOi.eyJzY29wZSI.c2lnbmF0dXJl", "abcd-efgh-ijkl-mnop"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("front", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("back", ["", "x", "xy"])
def test_a_secret_is_found_in_each_form(secret: str, front: str, back: str) -> None:
    text = f"{front}{secret}{back}"
    for written in (text, text.encode().hex(), b64encode(text.encode()).decode()):
        assert find_secrets(SECRETS, f"before {written} after") == [secret]


def test_what_is_not_written_is_not_found() -> None:
    assert find_secrets(SECRETS, f"{SECRETS[0][:-4]} {SECRETS[1][4:]}") == []
