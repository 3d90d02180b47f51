"""Resources that the tasks of one worker process share: the parsing process, the model, keys and clients."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cached_property, partial
from typing import Any, TypeVar

from db.pool import OpenConnection, use_unpooled_pg_connection
from domain.security.keyring import Keyring, parse_keyring
from schemas.settings import Settings
from workers.ingest.parser.parser import DocumentParser, open_document_parser
from workers.llm.endpoint import LanguageModelApi, open_language_model_api

T = TypeVar("T")


class WorkerResources:
    """Resources, each opened for the first task that requests it, and closed with `stack`.

    A parsing process takes 110 MB, so a pool without document parsing must not start one.
    """

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self.settings, self.stack = settings, stack
        self.opened: dict[Callable[..., Any], Any] = {}

    async def open_resource(self, opener: Callable[[Settings], AbstractAsyncContextManager[T]]) -> T:
        """Open a resource by `opener` at the first request; return the same one to all tasks of the process."""
        if opener not in self.opened:
            self.opened[opener] = await self.stack.enter_async_context(opener(self.settings))
        resource: T = self.opened[opener]
        return resource

    async def get_document_parser(self) -> DocumentParser:
        return await self.open_resource(_open_parser)

    async def get_language_model(self) -> LanguageModelApi | None:
        """Return the client of the operator's language model; None if the operator has configured none."""
        return await self.open_resource(_open_configured_model)

    def build_event_store_opener(self, *, name: str, patience_s: float) -> OpenConnection:
        """Return a function that opens a connection to the event store.

        `patience_s` is the timeout of each statement, `name` the name of the database session.
        """
        return partial(use_unpooled_pg_connection, self.settings.event_store_url, name=name, command_timeout=patience_s)

    @cached_property
    def keyring(self) -> Keyring:
        """Return the keys that seal secret columns, from the setting VAULT_KEYS. Raises `SettingsInvalid`."""
        return parse_keyring(self.settings.vault_keys, setting="VAULT_KEYS")


@asynccontextmanager
async def open_worker_resources(settings: Settings) -> AsyncIterator[WorkerResources]:
    async with AsyncExitStack() as stack:
        yield WorkerResources(settings, stack)


def _open_parser(_: Settings) -> AbstractAsyncContextManager[DocumentParser]:
    return open_document_parser()


def _open_configured_model(settings: Settings) -> AbstractAsyncContextManager[LanguageModelApi | None]:
    return open_language_model_api(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model)
