"""Representation of an outgoing post in logs and errors."""

from typing import Any

from domain.publishing.outgoing import OutgoingPost
from tests.platforms import scripted


def test_repr_hides_tokens_and_upload_addresses() -> None:
    fields: dict[str, Any] = dict.fromkeys(OutgoingPost.__struct_fields__)
    fields |= {"post_id": scripted.POST_ID, "now": scripted.AT, "secret": b"secret-address"}
    post = OutgoingPost(**fields | {"account": scripted.account(None, "mastodon")})
    assert "secret-token" in post.account.access_token
    assert "secret" not in repr(post)
