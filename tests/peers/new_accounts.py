"""New accounts on a third-party server, in the form that a worker gets."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec

from domain.accounts.credentials import TokenGrant
from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas import ids
from tests.chaos.platform import Records
from tests.chaos.publisher import MARKED
from tests.peers.mastodon_account import let_in
from tests.peers.mastodon_servers import Instance, as_another
from tests.peers.pds import Pds, account_of, signed_in
from tests.peers.publishing import outbound


class NewAccount(msgspec.Struct, frozen=True):
    """`texts` returns all posts of the account, as its server shows them; `secrets` are its credentials."""

    account: PostingAccountWithAccessToken
    grant: TokenGrant
    secrets: Sequence[str]
    texts: Callable[[], list[str]]


class AccountServer(msgspec.Struct, frozen=True):
    """`join` creates an account.

    `settling`: the points at which a killed worker leaves a post whose absence only time can prove.
    """

    port: int
    settling: frozenset[str]
    join: Callable[[], Awaitable[NewAccount]]


def on_pds(pds: Pds) -> AccountServer:
    """Describe the PDS: repeating a call immediately is safe, since it leaves one record."""
    return AccountServer(pds.port, frozenset(), partial(join_pds, pds))


def on_snac(instance: Instance) -> AccountServer:
    """Describe snac: it ignores keys, so its list is read before anything is sent again."""
    return AccountServer(instance.port, frozenset({MARKED}), partial(join_snac, instance))


def on_records(records: Records) -> AccountServer:
    """Describe the in-process fake: just enough of a PDS for a text post."""
    return AccountServer(int(records.host.rpartition(":")[2]), frozenset(), partial(join_records, records))


async def join_records(records: Records) -> NewAccount:
    did, token = f"did:plc:{ids.new_uuid7()}", f"token-{ids.new_uuid7()}"
    account = PostingAccountWithAccessToken(
        platform="bluesky",
        service_url=f"http://{records.host}",
        external_id=did,
        handle="",
        traits={},
        access_token=token,
    )
    return NewAccount(account, TokenGrant(access_token=token), [token], partial(records.texts, did))


async def join_pds(pds: Pds) -> NewAccount:
    person = pds.person()
    async with outbound(pds.base) as client:
        session = await signed_in(client, pds, person)
    grant = TokenGrant(access_token=session.access_jwt, refresh_token=session.refresh_jwt)
    secrets = [session.access_jwt, session.refresh_jwt, person.app_password]
    return NewAccount(account_of(session, pds.base), grant, secrets, partial(pds.texts, person))


async def join_snac(instance: Instance) -> NewAccount:
    joined = as_another(instance)
    async with let_in(joined) as member:
        account, token = member.account, member.account.access_token
    secrets = [token, member.app.client_secret, joined.form["passwd"]]
    return NewAccount(account, TokenGrant(access_token=token), secrets, partial(joined.texts, account.external_id))
