"""Candidate images of a page: a few of each kind."""

from workers.ingest.page.extract import extract
from workers.ingest.shapes import PageDocument


def test_images_of_each_kind_are_capped() -> None:
    metas = "".join(f'<meta property="og:image" content="/{number}.png">' for number in range(5000))
    page = extract(PageDocument(url="https://zap.test/", body=f"<title>Zap</title>{metas}".encode()))
    assert [image.url for image in page.pictures] == [
        f"https://zap.test/{number}.png" for number in range(10)
    ]
