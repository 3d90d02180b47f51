"""A simulated ClickHouse on loopback, as far as the event archive needs: statements by their first words.

`tests/peers/test_clickhouse.py` runs the same against ClickHouse's own engine.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tests.http_server import HttpRequest, HttpResponse, listening


class SimulatedClickHouse:
    """Rows of a table, and the names of batches in its dedup window.

    `down`: the number of refusals to come; `foreign`: the number of unrelated success responses to come.
    """

    def __init__(self) -> None:
        self.url = ""
        self.rows: list[dict[str, Any]] = []
        self.names: set[str] = set()
        self.down = 0
        self.foreign = 0

    async def answer(self, asked: HttpRequest) -> HttpResponse:
        if self.down:
            self.down -= 1
            return HttpResponse(503, "the data of somebody", ("X-ClickHouse-Exception-Code: 241",))
        if self.foreign:
            self.foreign -= 1
            return HttpResponse(200, "<h1>Sign in</h1>")
        match asked.query["query"].split()[:2]:
            case ["alter", _]:
                day = asked.query["query"].split()[-1]
                self.rows = [row for row in self.rows if row["occurred_at"][:10].replace("-", "") != day]
            case ["insert", _] if asked.query["insert_deduplication_token"] not in self.names:
                self.names.add(asked.query["insert_deduplication_token"])
                self.rows += msgspec.json.Decoder().decode_lines(asked.body)
            case ["select", _] if asked.query["default_format"] == "TabSeparated":
                day = asked.query["param_day"]
                return HttpResponse(200, sum(row["occurred_at"].startswith(day) for row in self.rows))
            case ["delete", _]:
                project_id = asked.query["param_project"]
                self.rows = [row for row in self.rows if row["project_id"] != project_id]
        return HttpResponse(200, "")


@asynccontextmanager
async def shelves() -> AsyncIterator[SimulatedClickHouse]:
    opened = SimulatedClickHouse()
    async with listening(opened.answer) as url:
        opened.url = f"{url}/events"
        yield opened
