"""Groups of documents that mean the same: one original in JSON each, and the spellings that HOCON allows for it.

A group is a directory as a table: file name -> text. Members are the files at its top; files in folders are what these
include. The features are those of the groups that the reference implementation is tested with; the documents are our own,
and the reference implementation (release 1.4.3) has been asked: it reads each member as its original.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from spec.document import Dialect, ReadOptions, read_file
from spec.value import to_plain

ORIGINAL: Final = "original.json"

SPELLINGS: Final = {
    ORIGINAL: r"""
{
  "flow": {
    "name": "orders", "workers": 4, "ratio": 0.25, "on": true, "dry": false, "owner": null,
    "steps": ["read", "clean", "write"], "limits": [1, 2.5, -3],
    "deep": {"er": {"est": "as deep as that"}},
    "tables": [{"id": 1, "keys": ["k"]}, {"id": 2, "keys": []}],
    "empty": {}, "no": []
  },
  "a/b": "slash",
  "two words": "said \"so\"\tand\nleft"
}
""",
    "no-white-space.json": '{"flow":{"name":"orders","workers":4,"ratio":0.25,"on":true,"dry":false,"owner":null,'
    '"steps":["read",'
    '"clean","write"],"limits":[1,2.5,-3],"deep":{"er":{"est":"as deep as that"}},"tables":[{"id":1,"keys":["k"]},{"id":2,'
    r'"keys":[]}],"empty":{},"no":[]},"a/b":"slash","two words":"said \"so\"\tand\nleft"}',
    "comments.conf": r"""
# before // all
{ // behind a brace
  "flow": { # another
    // on a line of its own
    "name": "orders", // behind a comma
    "workers": 4 # before a comma
    , "ratio": 0.25, "on": # behind a sign
      true, "dry": false,
    "owner": null # instead of a comma
    "steps": ["read", # in a list
      "clean" // there too
      "write" # and at its end
    ], "limits": [1, 2.5, -3], "deep": {"er": {"est": "as deep as that"} // between braces
    }, "tables": [{"id": 1, "keys": ["k"]}, {"id": 2, "keys": [ # in nothing
    ]}], "empty": { // here too
    }, "no": []
  },
  "a/b": "slash", "two words": "said \"so\"\tand\nleft"
} // at the end
# of all
""",
    "equals-signs.conf": r"""
{ "flow" = { "name" = "orders", "workers"=4, "ratio" ="0.25", "ratio"= 0.25, "on" = true, "dry" = false,
"owner" = null,
  "steps" = ["read", "clean", "write"], "limits" = [1, 2.5, -3], "deep" = {"er" = {"est" = "as deep as that"}},
  "tables" = [{"id" = 1, "keys" = ["k"]}, {"id" = 2, "keys" = []}], "empty" = {}, "no" = [] },
  "a/b" = "slash", "two words" = "said \"so\"\tand\nleft" }
""",
    "no-commas.conf": r"""
{
  "flow": {
    "name": "orders"
    "workers": 4
    "ratio": 0.25

    "on": true
    "dry": false
    "owner": null
    "steps": [
      "read"
      "clean"

      "write"
    ]
    "limits": [
      1
      2.5
      -3
    ]
    "deep": {"er": {"est": "as deep as that"}}
    "tables": [
      {"id": 1
       "keys": ["k"]}
      {"id": 2
       "keys": []}
    ]
    "empty": {}
    "no": []
  }
  "a/b": "slash"
  "two words": "said \"so\"\tand\nleft"
}
""",
    "commas-at-the-end.conf": r"""
{ "flow": { "name": "orders", "workers": 4, "ratio": 0.25, "on": true, "dry": false, "owner": null,
  "steps": ["read", "clean", "write",], "limits": [1, 2.5, -3
  ,], "deep": {"er": {"est": "as deep as that",},},
  "tables": [{"id": 1, "keys": ["k",],}, {"id": 2, "keys": [],},], "empty": {}, "no": [],
}, "a/b": "slash", "two words": "said \"so\"\tand\nleft", }
""",
    "no-root-braces.conf": r"""
"flow": { "name": "orders", "workers": 4, "ratio": 0.25, "on": true, "dry": false, "owner": null,
  "steps": ["read", "clean", "write"], "limits": [1, 2.5, -3], "deep": {"er": {"est": "as deep as that"}},
  "tables": [{"id": 1, "keys": ["k"]}, {"id": 2, "keys": []}], "empty": {}, "no": [] },
"a/b": "slash", "two words": "said \"so\"\tand\nleft",
""",
    "unquoted.conf": r"""
{ flow : { name : orders, workers : 4, ratio : 0.25, on : true, dry : false, owner : null, steps : [read, clean,
write],
  limits : [1, 2.5, -3], deep : {er : {est : as deep as that}}, tables : [{id : 1, keys : [k]}, {id : 2, keys : []}],
  empty : {}, no : [] }, a/b : slash, two words : "said \"so\"\tand\nleft" }
""",
    "no-signs.conf": r"""
flow { name : orders, workers : 4, ratio : 0.25, on : true, dry : false, owner : null, steps : [read, clean, write]
  limits : [1, 2.5, -3], deep {er{est : as deep as that}}, tables : [{id : 1, keys : [k]}, {id : 2, keys : []}]
  empty {}, no : []
}
a/b : slash
two words : "said \"so\"\tand\nleft"
""",
    "path-keys.conf": r"""
flow.name = orders, flow.workers = 4, flow { ratio = 0.25, on = true }, "flow".dry = false, flow."owner" = null
flow.steps = [read, clean, write], flow.limits = [1, 2.5, -3], flow.deep.er { est = as deep as that }
flow.tables = [{id = 1, keys = [k]}, {id = 2, keys = []}], flow.empty {}, flow.no = [], a/b = slash
two words = "said \"so\"\tand\nleft"
""",
    "like-properties.conf": r"""
# each line a path, a sign and a value
flow.name=orders
flow.workers=4
flow.ratio=0.25
flow.on=true
flow.dry=false
flow.owner=null
flow.steps=["read","clean","write"]
flow.limits=[1,2.5,-3]
flow.deep.er.est=as deep as that
flow.tables=[{id=1,keys=[k]},{id=2,keys=[]}]
flow.empty={}
flow.no=[]
a/b=slash
two words="said \"so\"\tand\nleft"
""",
    "odd-white-space.conf": (
        "\ufeff\n\n\xa0{\u2003flow\t:\xa0{ name:orders\u2003,workers\t=4\xa0, ratio:0.25\n\n\n,on:true,dry:\n\n"
        "false,owner\n:\nnull,steps:[\nread\n,\nclean\xa0,\u2003write\t],limits:[ 1 , 2.5 , -3 ],deep\n{er\u2003"
        "{est:\tas deep as that\xa0}}\ntables:[\u2003{id:1,keys:[k]}\n\n\n{id:2,keys:[\n\n]}\n],empty{\n\n}\nno:"
        '[\t]}\n\na/b\xa0:\xa0slash\u2003\ntwo words: "said \\"so\\"\\tand\\nleft"\r\n}\r\n\n'
    ),
    "three-quotes.conf": r'''
"""flow""" { name = """orders""", workers = 4, ratio = 0.25, on = true, dry = false, owner = null
  steps = ["""read""", """clean""", """write"""], limits = [1, 2.5, -3], deep."""er""".est = """as deep as that"""
  tables = [{"""id""" = 1, keys = ["""k"""]}, {id = 2, keys = []}], empty {}, no = [] }
"""a/b""" = """slash"""
"""two words""" = """said "so"	and
left"""
''',
    "joined.conf": r"""
flow = { name = ord""ers, workers = 4, ratio = 0.25 } { on = true, dry = false } { owner = null }
flow.steps = [read] [clean, write], flow.limits = [1] [] [2.5, -3], flow.deep.er.est = as "deep" as" that"
flow.tables = [{ id = 1 } { keys = [k] }, { id = 2, keys = [] }], flow.empty = {} {}, flow.no = [] []
a/b = sl"ash", two words = "said \"so\"""\tand\n"left
""",
    "appended.conf": r"""
flow { name = orders, workers = 4, ratio = 0.25, on = true, dry = false, owner = null, steps += read, limits = [1]
  deep.er.est = as deep as that, empty {}, no = [] }
flow.steps += clean, flow { steps += write, limits += 2.5, limits += -3, tables += { id = 1, keys = [k] } }
flow.tables += { id = 2, keys = [] }, a/b = slash, two words = "said \"so\"\tand\nleft"
""",
    "merged.conf": r"""
flow = 7
flow { name = no, workers { a = 1 }, ratio = [0.25], on = false, gone = 1 }
flow = null
flow { deep { er = 1 }, name = x, steps = [y], no = { z = 1 } }
flow { name = orders, workers = 4, ratio = 0.25, on = true, deep { er { est = other } } }
flow { dry = false, owner = null, steps = [read, clean, write], limits = [1, 2.5, -3], deep.er.est = as deep as that }
flow { tables = [{ id = 1, keys = [k] }, { id = 2, keys = [] }], empty {}, no = [] }
a/b = x, a/b = slash, two words = { a = 1 }, two words = "said \"so\"\tand\nleft"
""",
    "references.conf": r"""
flow { name = ${flow.steps.kind}, steps { kind = orders }, owner = null }
flow { workers = 4, ratio = 0.25, on = true, dry = ${flow.on}, limits = [1, 2.5], no = [] }
flow { name = orders, dry = false, limits = ${flow.limits} [-3], empty = ${?flow.none} {} }
flow.steps = ${flow.no} [read, clean] ${flow.no} [write]
flow.deep = { er = { est = as deep as } }, flow.deep.er.est = ${flow.deep.er.est} that
flow.tables = [{ id = 1, keys = [k] }] ${?flow.none} [{ id = 2, keys = ${flow.no} }]
a/b = sl, a/b = ${a/b}ash
two words = "said \"so\"", two words = ${two words}"\t"and"\n"${?none}left
""",
}

QUOTED_PATHS: Final = {
    ORIGINAL: r"""
{"a": {"b.c": {"d": 1, "e f": 2}, "": {"g": 3}}, "h.i": {"j": {"k": [4]}},
 "l m": {"n": 5}, "1": {"2": {"-x": 6}}}
""",
    "quotes-where-needed.conf": r"""
a."b.c".d = 1, a."b.c".e f = 2, a."".g = 3, "h.i".j.k = [4], l m.n = 5, 1.2.-x = 6
""",
    "quotes-everywhere.conf": r"""
"a"."b.c"."d" : 1
"a"."b.c"."e f" : 2
"a".""."g" : 3
"h.i"."j"."k" : [4]
"l m"."n" : 5
"1"."2"."-x" : 6
""",
    "blocks.conf": r"""
a { "b.c" { d = 1, e f = 2 }, "" { g = 3 } }
"h.i" { j { k = [4] } }
l m { n = 5 }
1 { 2 { -x = 6 } }
""",
    "blocks-and-paths.conf": r"""
a { "b.c".d = 1 }, a."b.c" { e f = 2 }, a { "".g = 3 }, "h.i" { j.k = [4] }, l m { n = 5 }, 1.2 { -x = 6 }
""",
    "names-of-pieces.conf": r'''
a.b"."c.d = 1, a."b"".""c".e" "f = 2, a."""""".g = 3, h"."i.j.k = [4], l" "m.n = 5, 1."2".-x = 6
''',
    "references.conf": r"""
a."b.c".d = 1, a."b.c".e f = ${a."b.c".d}, a."".g = ${"a"."".g}, a."".g = 3, "h.i".j.k = [${ l m.n }], "h.i".j.k = [4]
l m.n = 4, l m.n = 5, 1.2.-x = ${"l m"."n"}, 1.2 = ${"1"."2"} { -x = 6 }, a."b.c" = ${a.b"."c} { e f = 2 }
""",
}

INCLUDES: Final = {
    ORIGINAL: r"""
{
  "letters": {"a": 1, "b": "two", "c": [3, 1]},
  "texts": {"a": "one", "b": {"c": "two words"}},
  "inner": {"letters": {"a": 1, "b": "two", "c": [3, 1]}, "copy": 1},
  "deeper": {"more": {"letters": {"a": 1, "b": "two", "c": [3, 1]}, "copy": 1, "outside": "two"}}
}
""",
    "parts/letters.conf": r"""
letters { a = 1, b = two }
letters.c = [3, ${letters.a}]
""",
    "parts/letters-in-json.json": r"""
{"letters": {"a": 1, "b": "two", "c": [3, 1]}}
""",
    "parts/texts.properties": r"""
# as Java writes them
texts.a = one
# and so
texts.b.c: two words
""",
    "parts/braces.conf": r"""
{
letters { a = 1, b = two }
letters.c = [3, ${letters.a}]
}
""",
    "parts/nested.conf": r"""
include "letters.conf"
copy = ${letters.a}
outside = ${inner.letters.b}
""",
    "parts/further/up.conf": r"""
include "../letters"
copy = ${letters.c}, copy = ${letters.a}
outside = ${inner.letters.b}
""",
    "parts/all.properties": r"""
letters.a = one
letters.b = two
""",
    "parts/all.json": r"""
{"letters": {"a": 0, "c": [3, 0]}}
""",
    "parts/all.conf": r"""
letters { a = 1, c = [3, ${letters.a}] }
""",
    "conf.conf": r"""
include "parts/letters.conf"
include "parts/texts.properties"
inner { include "parts/letters.conf", copy = 1 }
deeper { more { include "parts/nested.conf" } }
""",
    "json.conf": r"""
include "parts/letters-in-json.json"
include "parts/texts.properties"
inner { copy = ${letters.a}
include "parts/letters-in-json.json" }
deeper.more { include "parts/nested.conf" }
""",
    "no-suffix.conf": r"""
include "parts/letters"
include "parts/texts"
inner {
  include "parts/letters-in-json"
  copy = 1
}
deeper { more { include "parts/further/up" } }
""",
    "all-of-a-name.conf": r"""
include "parts/all"
include "parts/texts"
inner { include "parts/all", copy = 1 }
deeper { more { include "parts/further/up.conf" } }
""",
    "required.conf": r"""
{ include required("parts/letters.conf"), include required("parts/texts.properties")
inner : { include required("parts/braces.conf"), copy : 1 },
deeper : { more : { include required("parts/nested.conf") } } }
""",
    "overridden.conf": r"""
letters { a = 5, b = 6, c = 7 }
include "parts/letters"
include "parts/texts"
inner { include "parts/letters"
copy = 1, letters.a = 5 }
inner.letters.a = 1
deeper.more = { include "parts/nested" } { outside = two }
""",
    "not-there.conf": r"""
include "parts/none"
include "parts/none.conf"
include "parts/letters"
include "parts/texts"
inner { include "none.json"
include "parts/letters"
copy = 1 }
deeper { more { include "parts/nested" } }
""",
}

OPTIONAL: Final = {
    ORIGINAL: r"""
{"a": 1, "list": [1, 2], "text": "<>", "block": {"kept": 1},
 "kept": "old", "spaces": "x  y", "empty": "", "no": []}
""",
    "left-out.conf": r"""
a = 1, a = ${?none}, gone = ${?none}, list = [${?none}, 1, 2, ${?none.either}], text = <${?none}>
block = ${?none} { kept = 1 }, kept = old, kept = ${?none}, spaces = x ${?none} y, empty = ""${?none}, no = [${?none}]
""",
    "in-blocks.conf": r"""
a = ${?none}, a = 1, list = [1] ${?none} [2], text = <${?none}${?none.either}>
block { kept = 1, gone = ${?none} }, block.gone = ${?block.none}, kept = old, spaces = "x "${?none}" y"
empty = ${?none}""${?none}, no = ${?none} []
""",
    "in-chains.conf": r"""
gone = ${?gone2}, gone2 = ${?gone3}, gone3 = ${?none}
a = ${?gone}, a = 1, a = ${?gone2}
list = ${?gone} [1] [${?gone3}, 2], text = "<"${?gone}>, block = { kept = 1 } ${?gone}, kept = ${?old}old
spaces = "x  y"${?gone}, empty = "", no = []${?gone}[]
""",
    "of-itself.conf": r"""
a = ${?a}, a = 1, list = ${?list} [1], list = ${?list} [2], gone = ${?gone}, text = ${?text}"<"
text = ${?text}">", block = ${?block} { kept = 1 }, kept = ${?kept}old, spaces = ${?spaces}x"  "y, empty = ${?empty}""
no = ${?no} []
""",
    "below-a-text.conf": r"""
a = 1, gone = ${?a.b}, list = [1, ${?a.b.c}, 2], text = <${?kept.x}>, kept = old, block { kept = 1 }
block = ${?kept.x}, spaces = x ${?list.x} y, empty = ${?text.x}"", no = [${?list.none}, ${?block.none.x}]
""",
}

THREE_QUOTES: Final = {
    ORIGINAL: r"""
{
 "plain": "a \"b\" c",
 "lines": "one\n  two\n\nthree",
 "slash": "C:\\dir\\new \\u0041",
 "quotes": "\"\"both ends\"\"",
 "empty": "",
 "sign": "${not} # a // reference",
 "joined": "ab c",
 "a \"key\"": {
  "x.y": 1
 },
 "list": [
  "{",
  "]",
  ","
 ]
}
""",
    "one-line.conf": r'''
plain = """a "b" c""", lines = "one\n  two\n\nthree", slash = """C:\dir\new \u0041""", quotes = """""both ends"""""
empty = """""", sign = """${not} # a // reference""", joined = """a"""b" c", """a "key"""" { """x.y""" = 1 }
list = ["""{""", """]""", ""","""]
''',
    "lines.conf": r'''
plain = """a "b" c"""
lines = """one
  two

three"""
slash : """C:\dir\new \u0041"""
quotes : """""both ends"""""
empty : """"""
sign = """${not} # a // reference"""
joined = "a""""b""" """c"""
"""a "key"""" = { "x.y" = 1 }
list = [
  """{"""
  """]"""
  ""","""
]
''',
}

GROUPS: Final = {
    "spellings": SPELLINGS,
    "quoted paths": QUOTED_PATHS,
    "includes": INCLUDES,
    "optional references": OPTIONAL,
    "three quotes": THREE_QUOTES,
}
MEMBERS: Final = [
    pytest.param(group, name, id=f"{title}: {name}")
    for title, group in GROUPS.items()
    for name in group
    if "/" not in name and name != ORIGINAL
]
MISSING: Final = "I110"  # a warning that there is no such file to include


def written(group: dict[str, str], folder: Path) -> Path:
    """The group as files."""
    for name, text in group.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def read(path: Path) -> Any:
    """The plain data of a file without findings, but for files to include that are not there."""
    document = read_file(path, ReadOptions(dialect=Dialect.HOCON, include_root=path.parent))
    assert {found.code for found in document.diagnostics} <= {MISSING}
    assert document.root is not None
    return to_plain(document.root)


@pytest.mark.parametrize(("group", "name"), MEMBERS)
def test_every_member_of_a_group_means_what_its_original_says(group: dict[str, str], name: str, tmp_path: Path) -> None:
    """One document, however it is spelled."""
    assert read(written(group, tmp_path) / name) == json.loads(group[ORIGINAL])


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_original_is_read_as_json(group: dict[str, str], tmp_path: Path) -> None:
    """By its name alone."""
    document = read_file(written(group, tmp_path) / ORIGINAL, ReadOptions())
    assert document.diagnostics == ()
    assert document.root is not None
    assert to_plain(document.root) == json.loads(group[ORIGINAL])
