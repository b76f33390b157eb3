"""The OpenAPI document as one HTML page: routes by tag, each with what it takes, what it answers, and a line for curl.

No script, and nothing from elsewhere: it is read offline, and with JavaScript turned off. All text is escaped.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --panel: #f6f8fa; --text: #1f2328; --dim: #59636e; --line: #d1d9e0;
  --mark: #0969da; --get: #1a7f37; --write: #9a6700; --delete: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --panel: #161b22; --text: #e6edf3; --dim: #9198a1;
  --line: #30363d; --mark: #58a6ff; --get: #3fb950; --write: #d29922; --delete: #f85149; } }
* { box-sizing: border-box; } html { scroll-padding-top: 1rem; }
body { background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, sans-serif; margin: 0; }
main { margin: 0 auto; max-width: 60rem; min-width: 0; padding: 1.5rem 1.5rem 6rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .5rem 0 1rem; } h4 { margin: 1.2rem 0 .3rem; }
h2 { border-bottom: 1px solid var(--line); font-size: 1.25rem; margin: 3rem 0 .8rem; padding-bottom: .35rem; }
h2::first-letter { text-transform: uppercase; } a { color: var(--mark); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } code { background: var(--panel); border-radius: 4px; padding: .1em .3em; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; padding: .6rem .8rem; }
pre code { background: none; padding: 0; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; }
details[open] > summary { background: var(--panel); }
details > div { border-top: 1px solid var(--line); overflow-x: auto; padding: .2rem 1rem 1rem; }
summary { align-items: baseline; border-radius: 6px; cursor: pointer; display: flex; flex-wrap: wrap; gap: .2rem .7rem;
  list-style: none; padding: .45rem .8rem; }
summary::-webkit-details-marker { display: none; } summary:hover { background: var(--panel); }
summary::before { color: var(--dim); content: "▸"; width: .8em; } details[open] > summary::before { content: "▾"; }
summary code { background: none; font-weight: 600; overflow-wrap: anywhere; padding: 0; }
summary b { font-size: 12px; letter-spacing: .03em; min-width: 3.6rem; } .said { color: var(--dim); margin-left: auto; }
.get { color: var(--get); } .post, .put, .patch { color: var(--write); } .delete { color: var(--delete); }
table { border-collapse: collapse; width: 100%; } small { color: var(--dim); }
td, th { border-top: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; }
nav { padding: 1.5rem 1.5rem 0; } nav ul { columns: 8rem; list-style: none; margin: 0; padding: 0; }
nav li { padding: .1rem 0; } :target { outline: 2px solid var(--mark); outline-offset: 2px; }
@media (min-width: 70rem) { body { display: grid; grid-template-columns: 13rem minmax(0, 1fr); }
  nav { border-right: 1px solid var(--line); height: 100vh; overflow-y: auto; padding: 2rem 1.5rem; position: sticky; top: 0; }
  nav ul { columns: auto; } }
@media print { nav { display: none; } }
"""
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def render_page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    information = document["info"]
    title = f"{information['title']} {information['version']}: the HTTP API"
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}</style></head><body>",
        _contents(document),
        f"<main><h1>{escape(title)}</h1>",
        _paragraphs(information["description"]),
        '<p>As data: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
        *(_tag(document, tag) for tag in document["tags"]),
        _security(document),
        _problems(document),
        _records(document),
        "</main></body></html>",
    ]
    return "\n".join(parts)


def _contents(document: Mapping[str, Any]) -> str:
    names = [*(tag["name"] for tag in document["tags"]), "security", "problems", "records"]
    links = "".join(f'<li><a href="#{escape(name)}">{escape(name)}</a></li>' for name in names)
    return f"<nav><ul>{links}</ul></nav>"


def _tag(document: Mapping[str, Any], tag: Mapping[str, Any]) -> str:
    routes = "\n".join(
        _route(document, path, method, methods[method])
        for path, methods in document["paths"].items()
        for method in _METHODS
        if method in methods and tag["name"] in methods[method]["tags"]
    )
    return f'<h2 id="{escape(tag["name"])}">{escape(tag["name"])}</h2>{_paragraphs(tag["description"])}{routes}'


def _route(document: Mapping[str, Any], path: str, method: str, route: Mapping[str, Any]) -> str:
    summary = (
        f'<summary><b class="{method}">{method.upper()}</b><code>{escape(path)}</code>'
        f'<span class="said">{escape(route["summary"])}</span></summary>'
    )
    inside = [
        _paragraphs(route["description"]),
        f"<p>Scope of the key: <code>{escape(route['x-flowdeck-scope'])}</code></p>",
        _parameters(route.get("parameters", ())),
        _body(route.get("requestBody")),
        _answers(document, route["responses"]),
        f"<h4>With curl</h4><pre><code>{escape(curl_line(path, method, route))}</code></pre>",
    ]
    return f'<details id="{escape(route["operationId"])}">{summary}<div>{"".join(inside)}</div></details>'


def curl_line(path: str, method: str, route: Mapping[str, Any]) -> str:
    """A command that makes the request on the home's unix socket."""
    for parameter in route.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(parameter.get("example", parameter["name"].upper())))
    command = "curl --no-buffer" if "text/event-stream" in str(route["responses"].get("200", "")) else "curl"
    command += ' --unix-socket "$FLOWDECK_HOME/api.sock"'
    if method != "get":
        command += f" -X {method.upper()}"
    example = route.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if example is not None:
        command += f" -H 'Content-Type: application/json' \\\n  --data {shlex.quote(json.dumps(example))}"
    return f"{command} \\\n  {shlex.quote('http://flowdeck' + path)}"


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}"
        f"{', required' if parameter['required'] else ''}</td><td>{_kind(parameter['schema'])}</td>"
        f"<td>{_inline(parameter['description'])}</td></tr>"
        for parameter in parameters
    )
    return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""


def _body(body: Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    needed = "required" if body["required"] else "may be left out"
    parts = [f"<h4>Body ({needed})</h4>"]
    for media_type, content in body["content"].items():
        parts.append(f"<p><code>{escape(media_type)}</code>: {_kind(content['schema'])}</p>")
        if "example" in content:
            parts.append(f"<pre><code>{escape(_shown(content['example']))}</code></pre>")
    return "".join(parts)


def _answers(document: Mapping[str, Any], responses: Mapping[str, Any]) -> str:
    rows = []
    for status, answer in responses.items():
        found = _resolved(document, answer)
        kinds = ", ".join(
            f"{_kind(content['schema'])} as <code>{escape(media)}</code>" for media, content in found.get("content", {}).items()
        )
        text = '<a href="#problems">a problem</a>' if "$ref" in answer else kinds
        rows.append(f"<tr><td>{escape(status)}</td><td>{_inline(found['description'])}</td><td>{text}</td></tr>")
    return f"<h4>Answers</h4><table>{''.join(rows)}</table>"


def _security(document: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_inline(scheme['description'])}</td></tr>"
        for name, scheme in document["components"]["securitySchemes"].items()
    )
    text = "On the unix socket nobody needs a key. Over TCP a request brings one in one of these ways:"
    return f'<h2 id="security">security</h2><p>{text}</p><table>{rows}</table>'


def _problems(document: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{content['example']['status']}</td><td><code>{escape(content['example']['code'])}</code></td>"
        f"<td>{_inline(response['description'])}</td></tr>"
        for response in sorted(document["components"]["responses"].values(), key=_status_of)
        for content in response["content"].values()
    )
    text = "Every answer that is not a success is one; the code shown is one of those of its status."
    return f'<h2 id="problems">problems</h2><p>{text}</p><table>{rows}</table>'


def _status_of(response: Mapping[str, Any]) -> int:
    return int(next(iter(response["content"].values()))["example"]["status"])


def _records(document: Mapping[str, Any]) -> str:
    parts = ['<h2 id="records">records</h2>']
    for name, schema in document["components"]["schemas"].items():
        inside = _paragraphs(schema.get("description", "")) + "".join(_fields(schema))
        parts.append(
            f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary><div>{inside}</div></details>'
        )
    return "\n".join(parts)


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    if "enum" in schema:
        yield f"<p>{_kind({'enum': schema['enum']})}</p>"
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_kind(field)}</td>"
        f"<td>{'' if name in required else 'may be left out'}</td><td>{_inline(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    if rows:
        yield f"<table>{rows}</table>"


def _kind(schema: Mapping[str, Any]) -> str:
    """The type in words; the depth of nesting is that of our own records."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(entry) for entry in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        places = schema.get("prefixItems", ())
        return f"list of {', '.join(_kind(entry) for entry in places) or _kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    return escape(str(schema.get("type", "anything"))) + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema]
    if schema.get("default") not in (None, ""):
        found.append(f"default {json.dumps(schema['default'])}")
    return f" <small>({escape(', '.join(found))})</small>" if found else ""


def _resolved(document: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in answer:
        return answer
    found: Mapping[str, Any] = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return found


def _shown(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, indent=2)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in text.split("\n\n") if paragraph)


def _inline(text: str) -> str:
    """Text with `code` in it."""
    pieces = text.split("`")
    marked = [f"<code>{escape(piece)}</code>" if number % 2 else escape(piece) for number, piece in enumerate(pieces)]
    return "".join(marked)
