"""What an attempt to send starts from, as a log or an error may show it."""

from typing import Any

from domain.publishing.outgoing import OutgoingPost
from tests.workers.platforms import scripted


def test_it_shows_neither_what_opens_the_account_nor_where_to_upload_to() -> None:
    fields: dict[str, Any] = dict.fromkeys(OutgoingPost.__struct_fields__)
    fields |= {"post_id": scripted.POST_ID, "now": scripted.AT, "secret": b"secret-address"}
    post = OutgoingPost(**fields | {"account": scripted.account(None, "mastodon")})
    assert "secret-token" in post.account.access_token
    assert "secret" not in repr(post)
