"""What the tasks of one worker process share, however many kinds of them it runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from schemas.settings import Settings
from workers.ingest.llm.endpoint import Model, open_model
from workers.ingest.parser.parser import Parser, open_parser


class Tools:
    """Each opened for the first task that asks for it, and closed with `stack`.

    A parsing process takes 110 MB, so a pool whose tasks read no documents has none, and any other one.
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
        """None where the operator set none."""
        if self.opened_model is None:
            said = self.settings
            opening = open_model(said.llm_base_url, said.llm_api_key, name=said.llm_model)
            self.opened_model = await self.stack.enter_async_context(opening)
        return self.opened_model


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncIterator[Tools]:
    async with AsyncExitStack() as stack:
        yield Tools(settings, stack)
