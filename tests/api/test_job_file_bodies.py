"""Job files sent as they are: as the body itself, or as the upload of a form. They mean what the same fields mean in JSON."""

import json

import pytest

BATCH = """
env { job.name = ${?label}, job.mode = "BATCH" }
source { FakeSource { plugin_output = "rows", row.num = 1, schema { fields { id = bigint } } } }
sink { Console { plugin_input = "rows" } }
"""


def form(*parts, boundary="x-y"):
    """A form's body and the header that declares it; each part is its head and its content."""
    body = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (boundary.encode(), head.encode(), content)
        for head, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def post(daemon, query, body, headers):
    """Submit; the status and the decoded answer."""
    status, _headers, answer = daemon.request("POST", f"/api/v1/jobs{query}", body, headers)
    return status, json.loads(answer)


@pytest.mark.parametrize("declared", ["application/hocon", "text/plain; charset=utf-8", "TEXT/PLAIN"])
def test_a_body_can_be_the_job_file(daemon, batch_text, tmp_path, declared):
    """The text is the body; the other fields are parameters, maps as key=value."""
    name = f"text-{abs(hash(declared))}"
    query = f"?name={name}&base_directory={tmp_path}&labels=team%3Dweb&labels=zone%3Da&reason=because&variables=x%3Dy%3Dz"
    status, job = post(daemon, query, batch_text.encode(), {"Content-Type": declared})
    assert status == 201, job
    assert (job["name"], job["labels"]) == (name, {"team": "web", "zone": "a"})


def test_a_job_file_can_be_uploaded(daemon, batch_text):
    """The part file is the text; nothing of its name is used but the ending."""
    body, headers = form(
        ('name="file"; filename="../../etc/up.conf"', batch_text.encode()),
        ('name="name"', b"uploaded"),
        ('name="start"', b"false"),
        ('name="labels"', b"team=web"),
    )
    status, job = post(daemon, "", body, headers)
    assert status == 201, job
    assert (job["name"], job["file"], job["labels"]) == ("uploaded", None, {"team": "web"})
    generation = daemon.json("GET", "/api/v1/jobs/uploaded/generations/1", status=200)
    assert generation["text"] == batch_text
    assert "etc" not in json.dumps(generation["spec"])


def test_the_ending_of_an_upload_tells_its_dialect(daemon):
    """A file .json is JSON, unless the form says otherwise."""
    upload = ('name="file"; filename="C:\\\\jobs\\\\UP.JSON"', b"env { }")
    body, headers = form(upload)
    status, problem = post(daemon, "", body, headers)
    assert (status, problem["code"]) == (422, "spec-invalid")
    as_json = problem["errors"]
    body, headers = form(upload, ('name="dialect"', b"seatunnel"))
    status, problem = post(daemon, "", body, headers)
    assert status == 422
    assert problem["errors"] != as_json


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?start=perhaps", "?start"),
        ("?variables=day", "?variables"),
        ("?labels=a%3D1&labels=a%3D2", "?labels"),
        ("?name=a&name=b", "?name"),
        ("?text=env", "?text"),
        ("?nmae=a", "?nmae"),
    ],
)
def test_wrong_parameters_beside_a_job_file(daemon, query, pointer):
    """Each fault is named by its parameter."""
    status, problem = post(daemon, query, BATCH.encode(), {"Content-Type": "application/hocon"})
    assert (status, problem["code"]) == (400, "invalid-request")
    assert problem["errors"][0]["pointer"] == pointer


def test_fields_do_not_stand_beside_json(daemon):
    """With JSON every field has its place in the body."""
    status, _headers, body = daemon.request("POST", "/api/v1/jobs?name=a", {"text": ""})
    assert (status, json.loads(body)["errors"][0]["pointer"]) == (400, "?name")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([('name="file"; filename="a"', b"\xff")], "malformed-body"),
        ([('name="file"', b"env {}")], "invalid-request"),
        ([('name="file"; filename="a"', b""), ('name="file"; filename="b"', b"")], "invalid-request"),
        ([('name="nmae"', b"x"), ('name="file"; filename="a"', b"")], "invalid-request"),
        ([('name="start"', b"1"), ('name="file"; filename="a"', b"")], "invalid-request"),
        ([('name="name"', b"x")], "invalid-request"),
        ([(f'name="labels{n}"', b"a=b") for n in range(300)], "malformed-body"),
    ],
    ids=["not text", "no file name", "two files", "unknown", "no boolean", "no file", "too many"],
)
def test_wrong_forms(daemon, parts, code):
    """A form that is not understood is refused as a whole."""
    status, problem = post(daemon, "", *form(*parts))
    assert (status, problem["code"]) == (400, code)


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"env {}", "multipart/form-data"),
        (b"env {}", "multipart/form-data; boundary=x"),
        (b"\xff\xfe", "text/plain"),
    ],
)
def test_bodies_that_are_not_what_they_are_declared_to_be(daemon, body, declared):
    """Broken forms and text that is not UTF-8 are 400."""
    status, problem = post(daemon, "", body, {"Content-Type": declared})
    assert (status, problem["code"]) == (400, "malformed-body")


def test_another_character_set_is_refused(daemon):
    """Text is UTF-8; what says that it is something else is not guessed at."""
    assert post(daemon, "", b"env {}", {"Content-Type": "text/plain; charset=latin-1"})[0] == 415


def test_a_large_job_file_is_413(daemon):
    """The bound of bodies holds for text and forms too."""
    body, headers = form(('name="file"; filename="a"', b"#" * (2 * 1024 * 1024)))
    assert post(daemon, "", body, headers)[0] == 413
    assert post(daemon, "", b"#" * (2 * 1024 * 1024 + 1), {"Content-Type": "text/plain"})[0] == 413
