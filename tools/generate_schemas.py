"""For maintainers: writes the schema files of SeaTunnel's plugins from a catalogue of their options.

    python tools/generate_schemas.py CATALOGUE.json [--output schemas]

The catalogue says what there is (options, types, defaults, rules); the tables in ``schema_generation/words`` say what it means
and correct it. Run it when either changed, then read the difference: the files in ``schemas/`` are the truth, and nothing
reads the catalogue at run time. Plugins that run here have hand-written files, which this leaves alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from schema_generation.catalogue import read_catalogue
from schema_generation.plugin import plugin_schema
from schema_generation.sharing import share
from schema_generation.words import read_words

HAND_WRITTEN = {
    "source": {"FakeSource", "LocalFile"},
    "transform": {"Copy", "FieldMapper", "Filter", "Replace", "Split", "Sql"},
    "sink": {"Assert", "Console", "LocalFile"},
}


def main() -> int:
    """Read the catalogue, write the files, and print what has no words yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent.parent / "schemas")
    arguments = parser.parse_args()
    words = read_words()
    plugins = [plugin for plugin in read_catalogue(arguments.catalogue) if plugin.name not in HAND_WRITTEN[plugin.kind]]
    documents = {plugin: plugin_schema(plugin, words) for plugin in plugins}
    families = share(documents)
    for plugin, document in documents.items():
        _write(arguments.output / plugin.kind / f"{plugin.name.lower()}.json", document)
    for family, document in families.items():
        _write(arguments.output / "families" / f"{family}.json", document)
    for path in (arguments.output / "families").glob("*.json"):
        if path.stem not in families:
            path.unlink()
    for line in words.missing():
        print(line)
    print(f"{len(documents)} plugins, {len(families)} families, {len(words.missing())} without words")
    return 1 if words.missing() else 0


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
