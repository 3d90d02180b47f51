"""Resources of a worker's tasks: one shared parsing process, and none if no task parses."""

import pytest

from schemas.settings import Settings
from tests import servers
from workers.resources import open_worker_resources

SETTINGS: Settings = servers.settings_for("postgresql://localhost/none", "redis://localhost")


@pytest.mark.usefixtures("own_parsing_process")
async def test_all_tasks_get_the_same_parser_and_it_ends_with_them() -> None:
    async with open_worker_resources(SETTINGS) as resources:
        parser = await resources.get_document_parser()
        assert await resources.get_document_parser() is parser
        assert parser.parsing.process.poll() is None
    assert parser.parsing.process.poll() is not None


async def test_an_unrequested_resource_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.ingest.parser.parser.start_parsing_process", pytest.fail)
    async with open_worker_resources(SETTINGS) as resources:
        assert await resources.get_language_model() is None
