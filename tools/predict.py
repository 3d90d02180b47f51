"""`python -m tools.predict`: predictions for a corpus of saved pages, for a scoring program."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import track

from cli.shared.brand_targets import read_saved_page_bytes
from cli.shared.exit_codes import EXIT_FAILED
from cli.shared.failure import exit_on_expected_command_error
from schemas.brand import BrandFieldName, SourceFieldFinding
from schemas.errors import InvalidValue, SourceError
from workers.ingest.choose import choose_brand_findings
from workers.ingest.parser.parser import DocumentParser, open_document_parser, parse_page
from workers.ingest.shapes import FetchedPage

#: Pages in memory at once, so that a corpus may have any size.
MAX_OPEN_CORPUS_PAGES = 2 * (os.cpu_count() or 1)


class CorpusPageRef(msgspec.Struct, frozen=True):
    """Line of a corpus. `file` is in the corpus's `pages/`, or next to it; other keys are ignored."""

    id: str
    url: str
    file: str


class BrandPrediction(msgspec.Struct, frozen=True, omit_defaults=True):
    """Line of the output, by the corpus's names; missing fields are omitted."""

    id: str
    title: str | None = None
    name: str | None = None
    description: str | None = None
    language: str | None = None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("cases", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CASES.jsonl")
def main(cases: Path) -> None:
    """Read a corpus of saved pages as an ingest would, and print a prediction for each as JSON lines.

    The exit code is 1 if a page can't be read.

    \b
    Example:
      python -m tools.predict cases.jsonl > predictions.jsonl
    """
    with exit_on_expected_command_error(as_json=True):
        worst = asyncio.run(print_corpus_predictions(cases))
    click.get_current_context().exit(worst)


async def print_corpus_predictions(corpus: Path) -> int:
    """Print a prediction for each page of a corpus, one a line in order. Return 1 after an unreadable page, else 0.

    An unreadable page gets a line with its id alone, and a message on stderr. Raise `InvalidValue` for a bad line.
    """
    cases = read_corpus_page_refs(corpus)
    limit, worst = asyncio.Semaphore(MAX_OPEN_CORPUS_PAGES), 0
    async with open_document_parser() as parser:
        tasks = [asyncio.create_task(predict_page_brand(parser, limit, corpus.parent, case)) for case in cases]
        for case, answer in zip(cases, show_progress_bar(tasks), strict=True):
            try:
                click.echo(msgspec.json.encode(await answer))
            except (SourceError, InvalidValue) as error:
                click.echo(msgspec.json.encode(BrandPrediction(case.id)))
                click.echo(f"{case.id}: {error.message}", err=True)
                worst = EXIT_FAILED
    return worst


def read_corpus_page_refs(corpus: Path) -> list[CorpusPageRef]:
    """Return the cases of a corpus file, one JSON object a line; skip empty lines.

    Raise `InvalidValue` with the number of an invalid line.
    """
    lines = enumerate(corpus.read_bytes().splitlines(), start=1)
    return [decode_corpus_page_ref(f"{corpus}:{number}", line) for number, line in lines if line.strip()]


def decode_corpus_page_ref(where: str, line: bytes) -> CorpusPageRef:
    try:
        return msgspec.json.decode(line, type=CorpusPageRef)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(where, f"is not a case: {error}") from error


def show_progress_bar(tasks: list[asyncio.Task[BrandPrediction]]) -> Iterable[asyncio.Task[BrandPrediction]]:
    """Return an iterable of the tasks that shows its progress as a bar on stderr."""
    return track(tasks, "Reading pages", console=Console(stderr=True), transient=True)


async def predict_page_brand(
    parser: DocumentParser, limit: asyncio.Semaphore, folder: Path, case: CorpusPageRef
) -> BrandPrediction:
    async with limit:
        page = await parse_page(parser, FetchedPage(url=case.url, body=read_corpus_page(folder, case.file)))
    fields = choose_brand_findings(page.candidates)
    return BrandPrediction(
        id=case.id,
        title=page.title,
        name=get_brand_field_text_or_none(fields, "appName"),
        description=get_brand_field_text_or_none(fields, "appDescription"),
        language=get_brand_field_text_or_none(fields, "primaryLanguage"),
    )


def get_brand_field_text_or_none(fields: dict[BrandFieldName, SourceFieldFinding], field: BrandFieldName) -> str | None:
    return str(fields[field].value) if field in fields else None


def read_corpus_page(folder: Path, name: str) -> bytes:
    inside, next_to_corpus = folder / "pages" / name, folder / name
    return read_saved_page_bytes(inside if inside.exists() else next_to_corpus)


if __name__ == "__main__":
    main(prog_name="python -m tools.predict")
