from tests.api.conftest import Caller


async def test_a_key_says_whose_it_is(acme: Caller) -> None:
    answer = await acme.http.get("/v1/whoami")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["organizationId"] == f"org_{acme.organization_id}"
    assert said["organizationName"] == "Acme"
    assert said["sandbox"] is False
    assert said["keyId"] in acme.key
    assert said["scopes"] == ["*"]
    assert said["tier"] == "standard"
    print(answer.headers)
