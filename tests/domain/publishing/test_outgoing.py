"""What an attempt to send starts from, as a log or an error may show it."""

from typing import Any
from uuid import UUID

from domain.publishing.outgoing import Account, OutgoingPost
from tests.workers.platforms.scripted import AT


def test_it_shows_neither_what_opens_the_account_nor_where_to_upload_to() -> None:
    account = Account(
        platform="tiktok",
        service_url="https://www.tiktok.com",
        external_id="7",
        handle="ada",
        traits={},
        access_token="secret-token",
    )
    fields: dict[str, Any] = dict.fromkeys(OutgoingPost.__struct_fields__)
    fields |= {"post_id": UUID(int=1), "account": account, "secret": b"secret-address", "now": AT}
    assert "secret" not in repr(OutgoingPost(**fields))
