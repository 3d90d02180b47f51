"""JSON-LD in the forms of real pages, and its caps."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from workers.ingest.page.jsonld import (
    MAX_JSONLD_BLOCK_CHARS,
    MAX_JSONLD_BLOCKS,
    MAX_JSONLD_NODES,
    parse_jsonld_nodes,
    read_jsonld_direct_texts,
    read_jsonld_types,
    resolve_jsonld_nodes,
    unwrap_jsonld_texts,
)

KEYS = some.sampled_from(["@type", "@id", "@graph", "name", "url", "publisher"])
JSON: some.SearchStrategy[Any] = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=5),
)


@pytest.mark.parametrize(
    "block",
    [
        *('{"@type":"WebSite","name":"A"}', '\n<!-- {"@type":"WebSite","name":"A"} -->'),
        '//<![CDATA[\n{"@type":"WebSite","name":"A"}\n//]]>',
        *('/*<![CDATA[*/{"@type":"WebSite","name":"A"}/*]]>*/', '{"@type":"WebSite","name":"A",}'),
        '{"@type":"WebSite","sameAs":["x", ],"name":"A"}',
        '{"@type":"WebSite","logo":{"width": ,"height":},"name":"A"}',
        '{"@type":"WebSite","sameAs":["x", , "y"],,"name":"A"}',
        '{"@type":"WebSite","description":"two\nlines\tand a tab","name":"A"}',
        *('{"@type":"WebSite","name":"A"};', '{"@type":"WebSite","name":"A"}{"@type":"Other"}'),
        '{"@type":"Other"}\n{"@type":"WebSite","name":"A"}',
        '{"@type":"Other"}, {"@type":"WebSite","name":"A"}',
        '"{\\"@type\\":\\"WebSite\\",\\"name\\":\\"A\\"}"',
        '{\n// the site\n"@type":"WebSite", /* its name */ "name":"A"}',
        '{"@type":"WebSite","description":"It\\\'s here","name":"A"}',
        "{&quot;@type&quot;:&quot;WebSite&quot;,&quot;name&quot;:&quot;A&quot;}",
        '[[{"@type":"WebSite","name":"A"}]]',
        '{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"A"}]}',
        '{"@type":"WebPage","mainEntity":{"@type":"WebSite","name":"A"}}',
    ],
)
def test_blocks_in_real_forms_are_read(block: str) -> None:
    assert [node["name"] for node in parse_jsonld_nodes([block]) if "WebSite" in read_jsonld_types(node)] == ["A"]


@pytest.mark.parametrize(
    "block",
    [
        "", "null", "3", '"x"', "{", "nonsense", "[" * 100_000, "9" * 100_000, '{"a":' * 9999,
        "/*" * 250_000, '"{' * 9999, "[{]" * 9999,
    ],
)  # fmt: skip
def test_invalid_blocks_give_no_nodes(block: str) -> None:
    assert parse_jsonld_nodes([block]) == []


def test_blocks_sizes_depth_and_nodes_are_capped() -> None:
    block = '{"@type":"WebSite"}'
    assert len(parse_jsonld_nodes([block] * 1000)) == MAX_JSONLD_BLOCKS
    assert parse_jsonld_nodes([block + " " * MAX_JSONLD_BLOCK_CHARS]) == []
    assert parse_jsonld_nodes(["[" * 8 + block + "]" * 8]) == []
    assert len(parse_jsonld_nodes([json.dumps([{"@type": "Thing"}] * 1000)])) == MAX_JSONLD_NODES


def test_texts_of_a_property() -> None:
    assert unwrap_jsonld_texts("a") == ["a"]
    assert unwrap_jsonld_texts({"@value": "a", "@language": "en"}) == ["a"]
    assert unwrap_jsonld_texts({"name": "a", "url": "b"}, "url", "name") == ["b"]
    assert unwrap_jsonld_texts(["a", {"@value": "b"}, 3, None]) == ["a", "b"]
    assert unwrap_jsonld_texts(3) == unwrap_jsonld_texts(None) == unwrap_jsonld_texts({}) == []
    assert read_jsonld_direct_texts(["A", "B: C", "https://acme.test/", "#o", "_:b0", {"name": "D"}]) == ["A", "B: C"]
    assert read_jsonld_direct_texts("A") == ["A"]
    assert read_jsonld_direct_texts(None) == []


@given(JSON, some.sampled_from(['"width": ,', '"width":\n,', ","]))
def test_a_missing_value_keeps_the_other_properties(value: Any, empty: str) -> None:
    block = f'{{"@type":"WebSite",{empty}"name":{json.dumps(value)}}}'
    assert parse_jsonld_nodes([block])[0]["name"] == value


@pytest.mark.parametrize("text", ["a: , b", "[a, ]", '"a": , ', "{,}", "\\", '\\"', ""])
def test_strings_are_not_repaired(text: str) -> None:
    assert parse_jsonld_nodes([f'{{"width": ,"name":{json.dumps(text)}}}'])[0]["name"] == text


@pytest.mark.timing
@pytest.mark.parametrize("broken", ['"' * 250_000, '"\\' * 250_000, "," * 250_000, ": " * 250_000])
def test_repair_takes_linear_time(broken: str) -> None:
    began = time.process_time()
    assert parse_jsonld_nodes(['{"a":' + broken]) == []
    assert time.process_time() - began < 5


def test_a_reference_is_followed_within_the_page() -> None:
    organization = {"@id": "#o", "@type": "Organization", "name": "A"}
    page = {"publisher": {"@id": "#o"}}
    assert resolve_jsonld_nodes(page, "publisher", [page, organization]) == [organization]
    assert resolve_jsonld_nodes({"publisher": {"@id": "#gone"}}, "publisher", []) == [{"@id": "#gone"}]
    assert resolve_jsonld_nodes({"publisher": "#o"}, "publisher", [page, organization]) == [organization]
    assert resolve_jsonld_nodes({"publisher": "A"}, "publisher", []) == []


@given(JSON)
def test_any_json_is_read(value: Any) -> None:
    for node in (all_nodes := parse_jsonld_nodes([json.dumps(value)])):
        assert all(isinstance(kind, str) for kind in read_jsonld_types(node))
        assert all(isinstance(text, str) for text in unwrap_jsonld_texts(node, "name"))
        assert all(isinstance(linked_node, dict) for linked_node in resolve_jsonld_nodes(node, "publisher", all_nodes))
