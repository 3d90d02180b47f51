"""Resources that the tasks of one worker process share: the parsing process, the model, keys and clients."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cached_property, partial
from typing import Any, TypeAlias, TypeVar

from db.pool import Conn, connected
from domain.security.keyring import Keyring, parse_keyring
from schemas.settings import Settings
from workers.ingest.parser.parser import Parser, open_parser
from workers.llm.endpoint import Model, open_model

T = TypeVar("T")

#: Opens a connection to the event store.
EventStore: TypeAlias = Callable[[], AbstractAsyncContextManager[Conn]]


class Resources:
    """Resources, each opened for the first task that requests it, and closed with `stack`.

    A parsing process takes 110 MB, so a pool without document parsing must not start one.
    """

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self.settings, self.stack = settings, stack
        self.opened: dict[Callable[..., Any], Any] = {}

    async def open_once(self, opener: Callable[[Settings], AbstractAsyncContextManager[T]]) -> T:
        """Return the resource that `opener` opens: the same for every task of the process."""
        if opener not in self.opened:
            self.opened[opener] = await self.stack.enter_async_context(opener(self.settings))
        resource: T = self.opened[opener]
        return resource

    async def parser(self) -> Parser:
        return await self.open_once(_open_parser)

    async def model(self) -> Model | None:
        """Return the language model; None if the operator has configured none."""
        return await self.open_once(_open_model)

    def event_store(self, *, name: str, patience_s: float) -> EventStore:
        """Return the opener of connections to the event store; `patience_s` limits each statement."""
        return partial(connected, self.settings.event_store_url, name=name, command_timeout=patience_s)

    @cached_property
    def keyring(self) -> Keyring:
        """Return the keys of sealed rows. Raises `SettingsInvalid`."""
        return parse_keyring(self.settings.vault_keys, setting="VAULT_KEYS")


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    async with AsyncExitStack() as stack:
        yield Resources(settings, stack)


def _open_parser(_: Settings) -> AbstractAsyncContextManager[Parser]:
    return open_parser()


def _open_model(settings: Settings) -> AbstractAsyncContextManager[Model | None]:
    return open_model(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model)
