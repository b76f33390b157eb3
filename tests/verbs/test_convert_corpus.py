"""Conversion of every job file of the corpus: each format says what the document says, or names what it cannot hold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyhocon import ConfigFactory, HOCONConverter

from spec.conversion import hocon, properties, yaml
from spec.conversion.conversion import ConversionError, TargetFormat, convert
from spec.document import ReadOptions, read_file
from spec.value import to_plain

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of SeaTunnel jobs is not beside the project")


@pytest.fixture(scope="module")
def documents() -> dict[Path, Any]:
    """What every file resolves to, as plain data."""
    found = {}
    for path in sorted(CORPUS.rglob("*.conf")):
        root = read_file(path, ReadOptions(include_root=path.parent)).root
        if root is not None:
            found[path] = to_plain(root)
    return found


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types and order."""
    return json.dumps(one) == json.dumps(other)


@pytest.mark.parametrize("target", [TargetFormat.JSON, TargetFormat.HOCON, TargetFormat.YAML])
def test_every_document_reads_back(documents: dict[Path, Any], target: TargetFormat) -> None:
    """Nothing of the corpus is beyond JSON, HOCON or YAML."""
    read = {TargetFormat.JSON: json.loads, TargetFormat.HOCON: hocon.read, TargetFormat.YAML: yaml.read}[target]
    for path, data in documents.items():
        assert same(read(convert(data, target).text), data), path


def test_yaml_is_what_another_reader_says_it_is(documents: dict[Path, Any]) -> None:
    """PyYAML agrees on a tenth of the corpus (it is slow)."""
    loader = pytest.importorskip("yaml", reason="PyYAML is the second opinion on the YAML")
    for path, data in list(documents.items())[::10]:
        assert same(loader.safe_load(convert(data, TargetFormat.YAML).text), data), path


def test_properties_hold_all_but_what_they_name(documents: dict[Path, Any]) -> None:
    """Flat text: every value is there, or is named as left out, or the keys clash and the document is refused."""
    refused = 0
    for path, data in documents.items():
        try:
            converted = convert(data, TargetFormat.PROPERTIES)
        except ConversionError:
            refused += 1
            continue
        pairs, left_out = properties.flatten(data)
        assert properties.read(converted.text.removesuffix("\n")) == pairs, path
        assert list(converted.left_out) == left_out
    assert refused <= 1


def test_pyhocon_alone_would_not_do(documents: dict[Path, Any]) -> None:
    """The reason for what stands around pyhocon's converter: by itself it takes keys apart at dots and quotes too little, so
    that hardly any document of the corpus reads back. Once this fails, spec/conversion can become simpler."""
    right: Counter[str] = Counter()
    for data in list(documents.values())[::8]:
        tree = ConfigFactory.from_dict(json.loads(json.dumps(data)))
        for name, write, read in (("json", HOCONConverter.to_json, json.loads), ("hocon", HOCONConverter.to_hocon, hocon.read)):
            try:
                right[name] += same(read(write(tree)), data)
            except ValueError:
                right[f"{name} refused"] += 1
    assert max(right["json"], right["hocon"]) < len(documents) / 8 / 4
