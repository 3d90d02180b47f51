"""Resources that the tasks of one worker process share: the parsing process and the language model."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from schemas.settings import Settings
from workers.ingest.llm.endpoint import Model, open_model
from workers.ingest.parser.parser import Parser, open_parser


class Resources:
    """Resources, each opened for the first task that asks for it, and closed with `stack`.

    A parsing process takes 110 MB, so a pool whose tasks read no documents must not start one.
    """

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self.settings, self.stack = settings, stack
        self.opened_parser: Parser | None = None
        self.opened_model: Model | None = None

    async def parser(self) -> Parser:
        if self.opened_parser is None:
            self.opened_parser = await self.stack.enter_async_context(open_parser())
        return self.opened_parser

    async def model(self) -> Model | None:
        """The language model; None where the operator has set none."""
        if self.opened_model is None:
            settings = self.settings
            model = open_model(settings.llm_base_url, settings.llm_api_key, name=settings.llm_model)
            self.opened_model = await self.stack.enter_async_context(model)
        return self.opened_model


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    async with AsyncExitStack() as stack:
        yield Resources(settings, stack)
