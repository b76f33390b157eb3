"""`flowdeck lsp` as an editor meets it: a scripted editor, the real process, real standard input and output."""

import json
import subprocess
import sys

from spec.format.format import format_text

SNIPPETS = {"completion": {"completionItem": {"snippetSupport": True}}, "rename": {"prepareSupport": True}}
JOB = """\
env { job.mode = "BATCH" }
source {
  FakeSource {
    plugin_output = "orders"
    schema { fields { id = bigint, price = int } }
  }
}
transform {
  Copy { plugin_input = "orders", plugin_output = "twin", fields { other = price } }
  Filter { plugin_input = "orders", plugin_output = "kept", include_fields = [id] }
}
sink {
  Console { plugin_input = "twin" }
  Console { plugin_input = "kept" }
}
"""


def span(start_line, start, end_line, end):
    """A range of the protocol."""
    return {"start": {"line": start_line, "character": start}, "end": {"line": end_line, "character": end}}


def position(uri, mark, text=JOB):
    """Where ``mark`` begins, for a request."""
    before = text[: text.index(mark)]
    return uri, before.count("\n"), len(before) - before.rfind("\n") - 1


def applied(text, edits):
    """``text`` with edits of the protocol; only for text in which a character is one code unit."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda edit: -starts[edit["range"]["start"]["line"]] - edit["range"]["start"]["character"]):
        start, end = (starts[edit["range"][side]["line"]] + edit["range"][side]["character"] for side in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


def test_a_session(editor):
    """Diagnostics follow every change; completion, hover, definition, references, rename, outline and formatting answer for the
    text as it is; goodbye ends the process with 0 and nothing on stderr."""
    capabilities = editor.start(folder=editor.directory, textDocument=SNIPPETS)["capabilities"]
    assert capabilities["textDocumentSync"]["change"] == 2
    assert capabilities["renameProvider"] == {"prepareProvider": True}
    uri = editor.open("job.conf", JOB)
    assert editor.diagnostics(uri) == []

    # One misspelt character, and back.
    editor.change(uri, 2, {"range": span(13, 30, 13, 31), "text": "q"})
    (found,) = [each for each in editor.diagnostics(uri, 2) if each["severity"] == 1]
    assert (found["code"], found["source"], found["range"]) == ("G401", "flowdeck", span(13, 27, 13, 33))
    assert [related["location"]["uri"] for related in found.get("relatedInformation", [])] in ([], [uri])
    editor.change(uri, 3, {"range": span(13, 30, 13, 31), "text": "p"})
    assert editor.diagnostics(uri, 3) == []

    items = editor.at("completion", *position(uri, 'kept" }\n}'))["items"]
    assert [item["label"] for item in items] == ["orders", "twin", "kept"]
    assert items[0]["textEdit"] == {"newText": "orders$0", "range": span(13, 28, 13, 32)}
    items = editor.at("completion", uri, 11, 0, context={"triggerKind": 2, "triggerCharacter": " "})["items"]
    assert items == []

    hover = editor.at("hover", *position(uri, 'orders", plugin_output = "kept'))
    assert "| `price` | `int` |" in hover["contents"]["value"]
    assert "`include_fields`" in editor.at("hover", *position(uri, "include_fields"))["contents"]["value"]

    (location,) = editor.at("definition", *position(uri, 'orders", plugin_output = "kept'))
    assert location == {"uri": uri, "range": span(3, 21, 3, 27)}
    (location,) = editor.at("definition", *position(uri, "id]"))
    assert location == {"uri": uri, "range": span(4, 22, 4, 24)}
    references = editor.at("references", *position(uri, 'kept", include'), context={"includeDeclaration": False})
    assert [reference["range"] for reference in references] == [span(13, 28, 13, 32)]
    highlights = editor.at("documentHighlight", *position(uri, 'kept", include'))
    assert [highlight["kind"] for highlight in highlights] == [3, 2]

    assert editor.at("prepareRename", *position(uri, 'orders"\n')) == span(3, 21, 3, 27)
    edit = editor.at("rename", *position(uri, 'orders"\n'), newName="sales")
    assert applied(JOB, edit["changes"][uri]) == JOB.replace("orders", "sales")
    refusal = editor.ask(
        "textDocument/rename",
        {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}, "newName": "x"},
    )
    assert refusal["error"]["code"] == -32803

    outline = editor.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [(symbol["name"], [each["name"] for each in symbol["children"]]) for symbol in outline] == [
        ("env", ["job.mode"]),
        ("source", ["FakeSource"]),
        ("transform", ["Copy", "Filter"]),
        ("sink", ["Console", "Console"]),
    ]
    folds = editor.request("textDocument/foldingRange", {"textDocument": {"uri": uri}})
    assert {"startLine": 1, "endLine": 5} in folds

    data = editor.request("textDocument/semanticTokens/full", {"textDocument": {"uri": uri}})["data"]
    legend = capabilities["semanticTokensProvider"]["legend"]["tokenTypes"]
    assert data[:10] == [0, 0, 3, legend.index("keyword"), 0, 0, 6, 8, legend.index("property"), 0]
    (hint,) = editor.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": span(3, 0, 4, 0)})
    assert (hint["position"], hint["label"]) == ({"line": 3, "character": 28}, "id bigint, price int")

    options = {"tabSize": 8, "insertSpaces": False}
    edits = editor.request("textDocument/formatting", {"textDocument": {"uri": uri}, "options": options})
    formatted = format_text(JOB, "job.conf").text
    assert formatted not in (None, JOB)
    assert applied(JOB, edits) == formatted

    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert editor.diagnostics(uri, None) == []
    assert editor.stop() == (0, "")


def test_mending(editor):
    """A finding with a fix offers it where it stands; the safe one is preferred, and all safe ones come as one action."""
    editor.start(folder=editor.directory)
    text = JOB.replace("plugin_output =", "result_table_name =").replace(
        "Console { plugin_input", "Console { source_table_name"
    )
    uri = editor.open("old.conf", text)
    assert [found["code"] for found in editor.diagnostics(uri)].count("M701") == 5
    assert all(found["tags"] == [2] for found in editor.diagnostics(uri) if found["code"] == "M701")

    where = {"textDocument": {"uri": uri}, "range": span(3, 6, 3, 6), "context": {"diagnostics": []}}
    (action,) = editor.request("textDocument/codeAction", where)
    assert (action["kind"], action["isPreferred"], action["title"]) == ("quickfix", True, 'Rename it to "plugin_output"')
    assert applied(text, action["edit"]["changes"][uri]) == text.replace("result_table_name", "plugin_output", 1)

    (action,) = editor.request("textDocument/codeAction", {**where, "context": {"diagnostics": [], "only": ["source.fixAll"]}})
    assert applied(text, action["edit"]["changes"][uri]) == JOB
    assert editor.request("textDocument/codeAction", {**where, "range": span(0, 0, 0, 0)}) == []
    assert editor.stop() == (0, "")


def test_broken_messages_and_wrong_texts(editor):
    """Nonsense is complained about in the editor's log and the next request is answered; hostile texts get findings."""
    editor.start(folder=editor.directory)
    for body in (
        b"{nonsense",
        b"[]",
        b'"text"',
        b'{"jsonrpc": "2.0", "id": 77, "method": "textDocument/hover", "params": {}}',
        b"\xff\xfe",
    ):
        editor.send_bytes(body)
    assert editor.process.stdin is not None
    editor.process.stdin.write(b"Content-Length: nonsense\r\n\r\nX-Header: \x00\r\n\r\n")
    assert editor.ask("flowdeck/unknown", {})["error"]["code"] == -32601
    for number, text in enumerate(("a{" * 5000, "\ud800", "x = ${x}", "\x00", "", '{"a": ' * 300, "a = [" + "1," * 20_000)):
        assert editor.diagnostics(editor.open(f"{number}.conf", text))
    (refused,) = editor.diagnostics(editor.open("large.conf", "#" * 1_100_000))
    assert "flowdeck check" in refused["message"]
    unknown = (editor.directory / "never-opened.conf").as_uri()
    assert editor.at("hover", unknown, 0, 0) is None
    assert editor.at("completion", unknown, 10**6, 10**6)["items"] == []
    assert editor.diagnostics(editor.open("good.conf", JOB)) == []
    code, errors = editor.stop()
    assert code == 0
    assert "Traceback" not in errors
    assert [message for message in editor.messages if message.get("method") == "window/logMessage"]


def test_includes_stay_in_the_workspace(editor):
    """What a document includes is read from its own directory if that is in the workspace; a definition leads into the file;
    saving it checks again."""
    folder, outside = editor.directory / "work", editor.directory / "outside"
    for directory in (folder, outside):
        directory.mkdir()
        (directory / "base.conf").write_text('day = "monday"\n')
    text = f'include "base.conf"\n{JOB}x = ${{day}}\n'
    editor.start(folder=folder)
    uri = editor.open("work/job.conf", text)
    assert editor.diagnostics(uri) == []
    (location,) = editor.at("definition", *position(uri, "day}", text))
    assert location == {"uri": (folder / "base.conf").as_uri(), "range": span(0, 0, 0, 3)}
    elsewhere = editor.open("outside/job.conf", text)
    assert any("include" in found["message"] for found in editor.diagnostics(elsewhere))
    assert editor.at("definition", *position(elsewhere, "day}", text)) == []

    (folder / "base.conf").write_text("day = [\n")
    seen = len(editor.messages)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    report = editor.wait(lambda message: message in editor.messages[seen:] and (message.get("params") or {}).get("uri") == uri)
    (found,) = [each for each in report["params"]["diagnostics"] if each["severity"] == 1]
    assert found["range"]["start"]["line"] == 0
    assert found["relatedInformation"][0]["location"]["uri"] == (folder / "base.conf").as_uri()
    assert editor.stop() == (0, "")


def test_typing_fast(editor):
    """Of many changes in a row only some are checked, never an outdated one after a newer one, and always the last; what is
    closed is not reported again, and a request that is taken back is answered all the same."""
    editor.start(folder=editor.directory)
    uri = editor.open("job.conf", "")
    typed = 100
    for version in range(2, typed + 2):
        editor.change(uri, version, {"text": JOB[: len(JOB) * (version - 1) // typed]})
    assert editor.diagnostics(uri, typed + 1) == []
    versions = [
        message["params"]["version"]
        for message in editor.messages
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri
    ]
    assert versions == sorted(versions)
    assert len(versions) < typed

    other = editor.open("other.conf", "x = [" + "{}," * 50_000)
    editor.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    hover = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}}
    editor.send_bytes(json.dumps({"jsonrpc": "2.0", "id": "mine", "method": "textDocument/hover", "params": hover}).encode())
    editor.notify("$/cancelRequest", {"id": "mine"})
    editor.wait(lambda message: message.get("id") == "mine")
    assert editor.stop() == (0, "")
    reports = [message["params"] for message in editor.messages if (message.get("params") or {}).get("uri") == other]
    assert reports[-1]["diagnostics"] == []


def test_settings(editor):
    """The editor's settings choose the engine and give variables; an encoding that both know is used."""
    options = {"engine": "seatunnel", "variables": {"day": "today"}}
    general = {"positionEncodings": ["utf-8", "utf-16"]}
    assert editor.start(options=options, general=general)["capabilities"]["positionEncoding"] == "utf-8"
    uri = editor.open("job.conf", JOB.replace("env {", 'env { "ä😀" = ${day}, parallelism = ${no},'))
    (found,) = [each for each in editor.diagnostics(uri) if each["severity"] == 1]
    assert found["message"].startswith("`no` is not defined")
    assert found["range"]["start"] == {"line": 0, "character": len('env { "ä😀" = ${day}, parallelism = '.encode())}
    assert editor.stop()[0] == 0


def test_wrong_settings_are_told(editor):
    """A misspelt setting is no reason not to serve."""
    editor.start(options={"engin": "local"})
    told = editor.wait(lambda message: message.get("method") == "window/showMessage")
    assert "engin" in told["params"]["message"]
    assert editor.diagnostics(editor.open("job.conf", JOB)) == []
    assert editor.stop()[0] == 0


def test_an_editor_that_just_goes(editor):
    """Without goodbye the process ends all the same, with 1."""
    editor.start()
    editor.open("job.conf", JOB)
    assert editor.process.stdin is not None
    editor.process.stdin.close()
    code, errors = editor.wait_for_exit()
    assert code == 1
    assert "Traceback" not in errors


def test_exit_without_shutdown(editor):
    """The protocol wants 1 then."""
    editor.start()
    editor.notify("exit", None)
    assert editor.wait_for_exit()[0] == 1


WITHOUT_PYGLS = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "pygls" else find(name, *rest)
from tui.cli.main import run_command_line
sys.exit(run_command_line(["lsp"]))
"""


def test_without_the_extra(tmp_path):
    """Without pygls the command says what to install, on stderr alone."""
    command = [sys.executable, "-c", WITHOUT_PYGLS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "flowdeck[lsp]" in done.stderr
