"""The outline and the folds of a text."""

from spec.document import Dialect
from spec.language.symbols import folds, symbols


def names(found):
    """Names with details and children, as far as there are any."""
    return [(each.name, each.detail, names(each.children)) if each.children else (each.name, each.detail) for each in found]


def test_outline(at):
    """Sections hold plugins, which say what they read and make, and these their options."""
    known, _ = at(
        "env { parallelism = 1 }\nsource { A { plugin_output = x } }\n"
        'transform { B { plugin_input = "x", plugin_output = "y" } }\nsink { C { plugin_input = [x, y] } }\n|'
    )
    assert names(symbols(known.view)) == [
        ("env", "", [("parallelism", "")]),
        ("source", "", [("A", "→ x", [("plugin_output", "")])]),
        ("transform", "", [("B", "x → y", [("plugin_input", ""), ("plugin_output", "")])]),
        ("sink", "", [("C", "x, y →", [("plugin_input", "")])]),
    ]


def test_outline_of_json_and_general_hocon(at):
    """Plugins in lists go by their plugin_name; paths with dots lead to them too."""
    known, _ = at('{"sink": [{"plugin_name": "Console"}, {}]}|', Dialect.JSON)
    assert names(symbols(known.view)) == [("sink", "", [("Console", "", [("plugin_name", "")]), ("?", "")])]
    known, _ = at("source.FakeSource { row.num = 1 }|", Dialect.HOCON)
    assert names(symbols(known.view)) == [("source", "", [("FakeSource", "", [("row.num", "")])])]


def test_names_lie_in_their_symbols(at):
    """Editors refuse an outline in which a name lies outside of what it names."""
    texts = ('{"sink": [{"plugin_name": "Console"}]}|', "source { A { plugin_name = B }|", "source { A {|")
    for text in texts:
        waiting = list(symbols(at(text)[0].view))
        assert waiting
        while waiting:
            symbol = waiting.pop()
            assert symbol.span.start <= symbol.name_span.start <= symbol.name_span.end <= symbol.span.end
            waiting.extend(symbol.children)


def test_folds(at):
    """Blocks and lists of more than two lines, and runs of comments; what is on one line is not folded."""
    known, _ = at("# one\n# two\n\nenv {\n  a = 1\n  b { c = 1 }\n}\nl = [\n  1\n  2\n]\nx = 1 # three\n# four\n|")
    assert [tuple(fold) for fold in folds(known.view)] == [(1, 2, True), (4, 6, False), (8, 10, False)]
