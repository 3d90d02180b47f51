"""Choice among any candidate images: their number, their order, and duplicates."""

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from schemas.pictures import PictureFoundByIngest
from workers.ingest.pictures.choose import (
    IMAGE_FETCH_KIND_ORDER,
    MAX_IMAGES_PER_SOURCE,
    MAX_LOGOS_PER_SOURCE,
    choose_candidate_images,
    keep_largest_distinct_images,
    strip_size_from_image_url,
)
from workers.ingest.shapes import CandidateImage

ADDRESSES = some.integers(0, 40).map("https://acme.test/{}.png".format)
SIGHTINGS = some.lists(
    some.builds(
        CandidateImage,
        kind=some.sampled_from(IMAGE_FETCH_KIND_ORDER),
        url=ADDRESSES,
        rule=some.just("r"),
        page=some.just("p"),
    ),
    max_size=60,
)


@given(SIGHTINGS)
def test_few_candidates_are_fetched_logos_first_each_address_once(candidates: list[CandidateImage]) -> None:
    chosen = choose_candidate_images(candidates)
    assert len(chosen) <= MAX_IMAGES_PER_SOURCE
    assert len({candidate.url for candidate in chosen}) == len(chosen)
    assert [IMAGE_FETCH_KIND_ORDER.index(candidate.kind) for candidate in chosen] == sorted(
        IMAGE_FETCH_KIND_ORDER.index(candidate.kind) for candidate in chosen
    )
    assert sum(candidate.kind == "logo" for candidate in chosen) <= MAX_LOGOS_PER_SOURCE
    for kind in IMAGE_FETCH_KIND_ORDER:
        chosen_of_kind = [candidate for candidate in chosen if candidate.kind == kind]
        assert chosen_of_kind == [candidate for candidate in dict.fromkeys(candidates) if candidate in chosen_of_kind]


PICTURES = some.lists(
    some.tuples(
        some.builds(
            PictureFoundByIngest,
            kind=some.sampled_from(IMAGE_FETCH_KIND_ORDER),
            url=ADDRESSES,
            width=some.integers(1, 900),
            height=some.integers(1, 900),
            type=some.just("image/png"),
            rule=some.just("r"),
            page=some.just("p"),
        ),
        some.sampled_from(["https://a.test/x-300x200.jpg", "https://a.test/x-60x60.jpg", "https://a.test/y.jpg"]),
    )
)


@given(PICTURES)
def test_of_several_sizes_the_largest_is_kept_in_the_first_place(
    images: list[tuple[PictureFoundByIngest, str]],
) -> None:
    distinct = keep_largest_distinct_images(images)
    essences = list(dict.fromkeys(strip_size_from_image_url(url) for _, url in images))
    assert len(distinct) == len(essences)
    for image, key in zip(distinct, essences, strict=True):
        variants = [picture for picture, url in images if strip_size_from_image_url(url) == key]
        assert any(image == msgspec.structs.replace(variant, kind=image.kind) for variant in variants)
        assert image.width * image.height == max(variant.width * variant.height for variant in variants)
        assert image.kind == variants[0].kind


def test_sizes_in_addresses_are_ignored() -> None:
    artwork = "https://is1-ssl.mzstatic.com/image/thumb/Purple/v4/ab/Icon.png/{}bb.jpg"
    assert strip_size_from_image_url(artwork.format("512x512")) == strip_size_from_image_url(artwork.format("60x60"))
    play = "https://play-lh.googleusercontent.com/AbC_d-e={}"
    assert strip_size_from_image_url(play.format("w526-h296")) == strip_size_from_image_url(
        play.format("w1052-h592-rw")
    )
    assert strip_size_from_image_url("https://a.test/p.png?w=640&q=75&id=1") == strip_size_from_image_url(
        "https://a.test/p.png?id=1&w=1200"
    )
    for first, second in (("p.png?id=1", "p.png?id=2"), ("a/1.png", "a/2.png"), ("x2x.png", "x3x.png")):
        assert strip_size_from_image_url(f"https://a.test/{first}") != strip_size_from_image_url(
            f"https://a.test/{second}"
        )
