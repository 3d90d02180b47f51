"""CPU of a page: extraction and derived fields, next to trafilatura's extraction, page by page in turn."""

import gc
import os
import platform
import re
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cli.shared.brand_targets import CLI_SAVED_PAGE_SUFFIXES, read_saved_page_bytes
from schemas.errors import InvalidValue
from tools.bench.figures import BenchmarkResult, ProgressCallback, compute_median_ratio, compute_percentiles
from workers.ingest.assemble import build_derivation_prose
from workers.ingest.derive.declared import drop_vague_taglines_and_keywords
from workers.ingest.derive.derive import derive_keywords_voice_audience_and_icp
from workers.ingest.page.extract import extract_brand_facts_and_links_of_page
from workers.ingest.parser.child import warm_up_parsers
from workers.ingest.shapes import FetchedPage

#: Rounds over all pages. The minimum of a page's rounds counts: other load only makes a round slower.
PAGE_CPU_ROUNDS = 3
NON_HOST_CHARACTERS_PATTERN = re.compile(r"[^a-z0-9]+")

Document = TypeVar("Document")
Result = TypeVar("Result")
#: Reads a page with the peer.
PeerReader = Callable[[FetchedPage], object]


class PageCpu(NamedTuple):
    """CPU milliseconds of one page."""

    extraction: float
    derivation: float
    peer: float


def measure_page_cpu(folder: Path, progress: ProgressCallback) -> BenchmarkResult:
    """Read each saved page of a folder as the parsing process does, then with trafilatura, in each round.

    Both have loaded everything before. Raise `InvalidValue` for a folder without pages, or without trafilatura.
    """
    pages = read_saved_pages(folder)
    warm_up_parsers()
    loaded_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    read_with_peer = load_peer()
    read_with_peer(pages[0])
    rounds = []
    with collect_garbage_only_by_call():
        for number in range(PAGE_CPU_ROUNDS):
            progress(f"round {number + 1} of {PAGE_CPU_ROUNDS}")
            rounds.append([measure_one_page(page, read_with_peer) for page in pages])
    minima = [PageCpu(*map(min, zip(*of_page, strict=True))) for of_page in zip(*rounds, strict=True)]
    return summarize_page_cpu(minima, loaded_mib)


def read_saved_pages(folder: Path) -> list[FetchedPage]:
    """Return the saved pages below a folder as home pages of sites with the files' names."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in CLI_SAVED_PAGE_SUFFIXES)
    if not files:
        raise InvalidValue(str(folder), f"has no saved pages: {', '.join(sorted(CLI_SAVED_PAGE_SUFFIXES))}")
    return [FetchedPage(url=build_home_url(path), body=read_saved_page_bytes(path)) for path in files]


def build_home_url(path: Path) -> str:
    host = NON_HOST_CHARACTERS_PATTERN.sub("-", path.name.partition(".")[0].lower()).strip("-")
    return f"https://{host[:63] or 'page'}.com/"


def load_peer() -> PeerReader:
    """Return trafilatura's reader of main text and metadata, in its faster mode."""
    try:
        trafilatura: Any = import_module("trafilatura")
    except ImportError as error:
        raise InvalidValue("trafilatura", "is missing: run `.venv/bin/pip install trafilatura`") from error
    return lambda page: trafilatura.bare_extraction(page.body, url=page.url, fast=True, with_metadata=True)


@contextmanager
def collect_garbage_only_by_call() -> Iterator[None]:
    """Stop the garbage collector for the block: a document's process of the parser ends before it would run."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def measure_one_page(page: FetchedPage, read_with_peer: PeerReader) -> PageCpu:
    gc.collect()
    return PageCpu(*measure_product(page), measure_call(read_with_peer, page)[1])


def measure_product(page: FetchedPage) -> tuple[float, float]:
    """Return the CPU milliseconds of the parsing process for a page: of its extraction, and of its derived fields."""
    parsed, extraction_ms = measure_call(extract_brand_facts_and_links_of_page, page)
    # The worker's process does this, between two documents of the parsing process.
    declared = drop_vague_taglines_and_keywords(page.url, parsed.candidates)
    prose = build_derivation_prose(page.url, parsed.title, declared, parsed.passages, parsed.facts)
    return extraction_ms, measure_call(derive_keywords_voice_audience_and_icp, prose)[1]


def measure_call(read: Callable[[Document], Result], document: Document) -> tuple[Result, float]:
    start_s = time.process_time()
    result = read(document)
    return result, (time.process_time() - start_s) * 1000


def summarize_page_cpu(pages: Sequence[PageCpu], loaded_mib: int) -> BenchmarkResult:
    ours = [page.extraction + page.derivation for page in pages]
    peers = [page.peer for page in pages]
    product, peer = compute_percentiles(ours), compute_percentiles(peers)
    return BenchmarkResult(
        {"page_cpu_p50_ms": product["p50"], "page_cpu_p95_ms": product["p95"]},
        {
            "page_cpu_ms": {
                "ours": product,
                "extraction": compute_percentiles([page.extraction for page in pages]),
                "derivation": compute_percentiles([page.derivation for page in pages]),
                "trafilatura": peer,
            },
            "ours_x_trafilatura": {
                "p50": round(product["p50"] / peer["p50"], 3),
                "p95": round(product["p95"] / peer["p95"], 3),
                "page": compute_median_ratio(ours, peers),
            },
            "loaded_mib": loaded_mib,
            "machine": {
                "pages": len(pages),
                "cores": os.cpu_count(),
                "load": round(os.getloadavg()[0], 2),
                "python": platform.python_version(),
            },
        },
    )
