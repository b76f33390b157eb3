"""Conformance with the HOCON specification, rule by rule, in the dialect hocon.

The rules are those that the specification's reference implementation is tested by; the documents are our own, and what the
reference implementation (release 1.4.3) makes of each of them has been compared.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from spec.diagnostic import Severity
from spec.document import Dialect, ReadOptions, read_text
from spec.value import to_plain


def read(text: str, dialect: Dialect = Dialect.HOCON) -> tuple[Any, list[str]]:
    """The plain data and the codes of the errors."""
    document = read_text(text, "test.conf", ReadOptions(dialect=dialect))
    errors = [f"{found.code} {found.message}" for found in document.diagnostics if found.severity is Severity.ERROR]
    return (None if document.root is None else to_plain(document.root)), errors


def spaced(text: str) -> list[str]:
    """The text with white space added and taken away where it does not matter."""
    ways = [text, f" {text}", f"{text} ", f" {text} ", text.replace(":", " : "), text.replace(",", " , ")]
    return list(dict.fromkeys([*ways, text.replace(" ", "\u2003")]))


INVALID = """
{ ¶ } ¶ [ ¶ ] ¶ , ¶ 5 ¶ "text" ¶ " ¶ [,] ¶ [,,] ¶ [5,6,,] ¶ [,5,6] ¶ { , } ¶ { , , } ¶ { 5,6 } ¶ { , "k" : 5 } ¶ { "k" : 5 ,, }
¶ "k" : 5 ,, ¶ { "k" : } ¶ { : 5 } ¶ "k" : ¶ : 5 ¶ "k" : 5 } ¶ "k" : 5 [ ¶ { "k" } ¶ { "k" : [ } ¶ { "k" : 5, true }
¶ { k ⏎ l : 5 } ¶ [ 5, \\ ¶ [:"k", "l"] ¶ ["k" : "l"] ¶ [ "open ] ¶ { "k" , true } ¶ { "k" : true "l" : false } ¶ [ 5, }]
¶ [ 5, {] ¶ {}k ¶ []k ¶ {}{} ¶ {}true ¶ []{} ¶ []true ¶ [${] ¶ [$] ¶ [$  ] ¶ [${}] ¶ [${?}] ¶ [${ ?k}]
¶ { "k" : [5], "l" : x${k}y } ¶ { "k" : { "m" : 5 }, "l" : x${k}y } ¶ { "k" : ${k} } ¶ [ { "k" : 5, "l" : ${${k}} } ]
¶ [ = ] ¶ [ + ] ¶ [ # ] ¶ [ ` ] ¶ [ ^ ] ¶ [ ? ] ¶ [ ! ] ¶ [ @ ] ¶ [ * ] ¶ [ & ] ¶ [ \\ ] ¶ += ¶ [ += ] ¶ += 5 ¶ 5 +=
¶ [ 5e+3e ] ¶ [ "two⏎lines" ] ¶ [ # comment ] ¶ ${ #comment } ¶ [ // comment ] ¶ ${ // comment } ¶ { include "f" : 5 }
¶ { include f } ¶ { include : { "k" : 5 } } ¶ k= ¶ k: ¶ k.l= ¶ { k= } ¶ { k: } ¶ k = l { m = 5 } ¶ k = null { m = 5 }
¶ k = l [5]
¶ k = ${m} l, m = { n = 5 } ¶ k = l ${m}, m = [5] ¶ k = 5, k += 6 ¶ k = l, k += 6 ¶ k = { l = m }, k += 6 ¶ { { k = 5 } = 6 }
¶ { [ "k" ] = 6 } ¶ k = [5]⏎[6] ¶ k = { l = 5 }⏎{ m = 6 } ¶ k = ${l}⏎m ¶ k = ${l}, l = ${k} ¶ k = ${l}, l = ${m}, m = ${k}
¶ k = { l = 5 } [6] ¶ k = {} [6] ¶ k = ${l}, k = { m = 5 } ¶ k. = 5 ¶ .k = 5 ¶ k..l = 5 ¶ k = ${l.} ¶ k = ${.l} ¶ k = ${l..m}
¶ k = "a{tab}b" ¶ k = "\\q" ¶ k = "\\u12" ¶ k = \"\"\"open ¶ k = l m { n = 5 }⏎k = 6
"""


def _documents(text: str) -> list[str]:
    marks = {"⏎": "\n", "{tab}": "\t", "\\\\": "\\", '\\"': '"'}
    documents = [piece.strip().replace("\n", " ") for piece in text.split("¶")]
    for mark, meant in marks.items():
        documents = [document.replace(mark, meant) for document in documents]
    return documents


@pytest.mark.parametrize("text", _documents(INVALID))
def test_what_is_not_hocon_is_refused(text: str) -> None:
    """Every way not to write a document, however it is spaced."""
    for variant in spaced(text):
        assert read(variant)[1], repr(variant)


VALID = [
    ('{ "k" : "v" }', {"k": "v"}),
    ('["k", "v"]', ["k", "v"]),
    ('{ "k"\n : 5 }', {"k": 5}),
    ('{ "k" : \n 5 }', {"k": 5}),
    ("[[[[]]], {}, [5, []]]", [[[[]]], {}, [5, []]]),
    ('[ "#text", "//text" ]', ["#text", "//text"]),
    ("[ 5e+3 ]", [5000.0]),
    ("", {}),
    (" \n \n  \n", {}),
    ("# k\n//l", {}),
    ('{ "k" = (5) }', {"k": "(5)"}),
    ('{ k { "l" : 5 } }', {"k": {"l": 5}}),
    ('{ k l { "m" : 5 } }', {"k l": {"m": 5}}),
    ('{ "k" : null l 5 m true 2.5 "n" }', {"k": "null l 5 m true 2.5 n"}),
    ('{ k."l m".n : v }', {"k": {"l m": {"n": "v"}}}),
    ("{ k.l \n : v }", {"k": {"l": "v"}}),
    ("{ true : v }", {"true": "v"}),
    ("[5,6\n\n , \n]", [5, 6]),
    ("{ k : v  \n  , \n }", {"k": "v"}),
    ("k : v, l : w,", {"k": "v", "l": "w"}),
    ("k : v\nl : w,", {"k": "v", "l": "w"}),
    ("[ t, tr, tru, truex, 5x, / ]", ["t", "tr", "tru", "truex", "5x", "/"]),
    ("[ include ]", ["include"]),
    ("{ k : include }", {"k": "include"}),
    ("{ k include : 5 }", {"k include": 5}),
    ('{ "include" : 5 }', {"include": 5}),
    ("include.k = 5", {"include": {"k": 5}}),
    ("[ ${?k}, ${?k.l}, 5 ]", [5]),
    ('[ a  b  ${?k.l}  c ${?"m"}n ]', ["a  b    c n"]),
    ('[ ${?"k.l"}, ${? k.l }, ${?"k""l"}, ${?k  "l"  m}, ${?true} ]', []),
    ("{} # k", {}),
    ("{} // k", {}),
    ('{ "k" #c\n: 5 }', {"k": 5}),
    ('{ "k" : //c\n 5 }', {"k": 5}),
    ("[ 5 #c\n, 6]", [5, 6]),
    ("{ /a/b : 5, x/y : 6 }", {"/a/b": 5, "x/y": 6}),
    ("k = [], k += v", {"k": ["v"]}),
    ("[ 5e3e3, 1-e3, 1.0.0, 1.0. ]", ["5e3e3", "1-e3", "1.0.0", "1.0."]),
    ("k = .5", {"k": ".5"}),
    ("5.6 = v, -5 = w", {"5": {"6": "v"}, "-5": "w"}),
]


@pytest.mark.parametrize(("text", "expected"), VALID)
def test_what_is_hocon_is_read(text: str, expected: Any) -> None:
    """Every way to write a document, with its value."""
    assert read(text) == (expected, [])
    for variant in (f" {text}", f"{text}\n", f"\n{text} "):
        assert read(variant) == (expected, [])


JSON_TEXT = """
{ "job": { "name": "orders", "size": 5, "ratio": 2.5, "on": true, "off": false, "none": null,
           "list": [1, "two", [3], {"four": 4}], "deep": {"er": {"est": "text with spaces"}}, "empty": {}, "no": [] },
  "a/b": "slash", "text": "one\\ntwo" }
"""
SAME = {
    "comments": '# c\n{ // c\n"job" : { "name": "orders", # c\n "size": 5, "ratio": 2.5, // c\n"on": true, "off": false,\n'
    ' "none": null, "list": [1, #c\n "two", [3], {"four": 4}], "deep": {"er": {"est": "text with spaces"}}, "empty": {},\n'
    ' "no": [ #c\n] }, "a/b": "slash", "text": "one\\ntwo" } #c\n//c',
    "no commas and no braces": "job {\n name = orders\n size = 5\n ratio = 2.5\n on = true\n off = false\n none = null\n"
    " list = [\n 1\n two\n [3]\n {four=4}\n ]\n deep { er { est = text with spaces } }\n empty {}\n no = []\n}\n"
    'a/b = slash\ntext = "one\\ntwo"',
    "paths": "job.name=orders, job.size=5, job.ratio:2.5, job.on=true, job.off=false, job.none=null\n"
    'job.list=[1,two,[3],{four:4}]\njob.deep.er.est=text with spaces\njob.empty={}, job.no=[], a/b=slash, "text"="one\\ntwo"',
    "odd white space": '\ufeff\u00a0{\u2003job\u00a0:\t{ name:orders,size:5,ratio:2.5,"on":true,"off":false,none:null,\n\n\n'
    "list\u00a0:\u2003[1,two,[3]\n\n, {four:4},],deep.er { est : text with spaces \u2003 }\n,\nempty{}\nno:[]}"
    '\n"a/b":slash\u2003,text:"one\\ntwo"\u00a0}',
    "merged": "job { name = no, size = 5, deep { er = 7 } }\njob { name = orders, ratio = 2.5 }, job.on = true\n"
    "job = ${job} { off = false, none = null, list = [1] [two] [[3]] [{four = 4}] }\njob.deep.er { est = x }\n"
    'job { deep { er.est = text with spaces }, empty {}, no = [] }\na/b = 1, a/b = slash, text = """one\ntwo"""',
    "references": "base { size = 5, ratio = 2.5, on = true, off = false, none = null }\nword = spaces\n"
    "job = {name = orders} ${base} { list = [1, two, ${three}, { four = ${n} }], deep.er.est = text with ${word} }\n"
    "three = [3], n = 4\njob.empty { gone = ${?no.such.thing} }, job.no = [${?no.such.thing}]\na/b = ${s}sh, s = sla\n"
    'text = "one\\n"${two}, two = two',
}
OWN_KEYS = {"base", "word", "three", "n", "s", "two"}


@pytest.mark.parametrize("spelling", SAME)
def test_a_document_reads_the_same_however_it_is_spelled(spelling: str) -> None:
    """One JSON document in the ways that HOCON allows for it."""
    data, errors = read(SAME[spelling])
    assert errors == []
    assert {key: value for key, value in data.items() if key not in OWN_KEYS} == json.loads(JSON_TEXT)


REFERENCES = [
    ("a = ${b.c}, b = { c = null }", {"a": None, "b": {"c": None}}),
    ("a = <${b}>, b = null, c = <${?d}>", {"a": "<null>", "b": None, "c": "<>"}),
    ("a = ${b}, b = ${c.d}, c.d = 5", {"a": 5, "b": 5, "c": {"d": 5}}),
    ("a = ${?b}, b = ${?c.d}, c.d = ${?a}", {"c": {}}),
    ("a = ${b.c}, b = { c = 5, d = ${a} }", {"a": 5, "b": {"c": 5, "d": 5}}),
    ("d { a = 1, b = 2 }\ni = ${d}\ni.b = 3\nj = ${i.b}", {"d": {"a": 1, "b": 2}, "i": {"a": 1, "b": 3}, "j": 3}),
    (
        "d { a = 1, b = 2 }\ni = ${d}\ni.b = { c = 3 }\nj = ${i.b}",
        {"d": {"a": 1, "b": 2}, "i": {"a": 1, "b": {"c": 3}}, "j": {"c": 3}},
    ),
    ("d { a = 1, b = 2 }\ni.b = 7\ni = ${d}\nj = ${i.b}", {"d": {"a": 1, "b": 2}, "i": {"a": 1, "b": 2}, "j": 2}),
    (
        "x { a = 1, b = 2 }\nm = ${x}\nm.c = ${n.d}\nm.e = ${n.f}\nn = ${x}\nn.d = ${m.a}\nn.f = 9",
        {"x": {"a": 1, "b": 2}, "m": {"a": 1, "b": 2, "c": 1, "e": 9}, "n": {"a": 1, "b": 2, "d": 1, "f": 9}},
    ),
    (
        "m.a = 1\nm.b = ${n.d}\nn.d = 4\nn.e = ${m.a}\nn.f = ${m.b}\nn.g = ${n.f}",
        {"m": {"a": 1, "b": 4}, "n": {"d": 4, "e": 1, "f": 4, "g": 4}},
    ),
    (
        "i = 3\ni = ${?no}\ni = ${x}\ni = {}\ni = ${y}\ni.b = 1\nx.p = 2\ny.q = 3",
        {"i": {"p": 2, "q": 3, "b": 1}, "x": {"p": 2}, "y": {"q": 3}},
    ),
    (
        'l = [ ${a}, ${b.c}, ${"a.b"} ], a = 1, b.c = 2, a.b = 3, "a.b" = 4, a = 5',
        {"l": [5, 2, 4], "a": 5, "b": {"c": 2}, "a.b": 4},
    ),
    ("a = ${?a}", {}),
    ("a = [${?a}]", {"a": []}),
    ("a = [1, ${?a}]", {"a": [1]}),
    ("a { b = 1, c = ${?a} }", {"a": {"b": 1}}),
    ("a.a = ${?a} ${?a}", {"a": {"a": " "}}),
    ("a { b = ${?c.d} 1 }\nc = ${?e}${?a}", {"a": {"b": " 1"}, "c": {"b": " 1"}}),
    ("x { b += 2 }\na { b = [1] }\na = ${x}", {"x": {"b": [2]}, "a": {"b": [2]}}),
    ("a.b += 1\nc = ${a}${a}", {"a": {"b": [1]}, "c": {"b": [1]}}),
    ("a.b += 1\na = ${a}", {"a": {"b": [1]}}),
    ("a += 1, a = ${a} [2], a = [0] ${a}", {"a": [0, 1, 2]}),
]


@pytest.mark.parametrize(("text", "expected"), REFERENCES)
def test_references(text: str, expected: Any) -> None:
    """Forwards, backwards, through merged objects, to what encloses them, and to what was appended to."""
    assert read(text) == (expected, [])


NUMERIC_KEYS = [
    ('a = {"0" = 5}, a += 6', [5, 6]),
    ("a.0 = 5\na.1 = 6\na = ${a} [7]", [5, 6, 7]),
    ('a = {"0" = 5, "2" = 7, x = 1, "-1" = 3, "1" = 6} [8]', [5, 6, 7, 8]),
    ('a = [3] {"0" = 1} {"0" = 2}', [3, 1, 2]),
    ('a = {"0" = ${?x}, "1" = 2} [3]', [2, 3]),
    ('a = {"1" = 1} {"0" = 2} [3]', [2, 1, 3]),
    ('a = [2]\na = {"0" = 1} ${a}', [1, 2]),
    ('a = {"10" = c, "9" = b, "01" = a} []', ["a", "b", "c"]),
]


@pytest.mark.parametrize(("text", "expected"), NUMERIC_KEYS)
def test_an_object_with_numbers_for_keys_is_a_list_beside_a_list(text: str, expected: Any) -> None:
    """In the order of the numbers; other keys do not count."""
    assert read(text) == ({"a": expected}, [])


def test_pieces_that_never_fit_are_found_even_where_they_are_overridden() -> None:
    """What is written out is wrong whatever comes later."""
    assert [error[:4] for error in read("a = x {b = 1}\na = 2")[1]] == ["I103"]
    assert [error[:4] for error in read("a = ${?c} [1] x\na = 2")[1]] == ["I103"]


def test_what_is_found_again_and_again_is_told_once() -> None:
    """A value that holds itself comes by its own problem a thousand times."""
    found = read("c = ${?c}\na {a = ${a}0}\na = ${?b}\nb = ${a}${?c}")[1]
    assert found
    assert len(found) < 10
    assert not any(error.startswith("S026") for error in found)


def test_tangled_references_end_soon() -> None:
    """Merging what was merged doubles what there is to merge; the budget counts it."""
    text = (
        'a = ${?b.b}\nb.b = {b = ${?c}\nc = 10s} {"a" = 1\nd = {a : ${?c}, b = ${?b}, b.c += ${b} -3}${?b}} {b = ${?b} ${b}\n'
        "b.a = [${?b}-3]${c.b}}\nb : ${?a} {b = {a += ${b}\nc : ${b}} x\ne = {c {b : -3\nb.c += ${?c}}}\nc : [] {}}"
    )
    assert read(text)[1]
