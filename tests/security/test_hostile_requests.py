"""Requests that no honest client sends, over real sockets: refused, said in the log, and nothing is changed by them."""

import contextlib
import http.client
import itertools
import json

import pytest

from runner.connection import DaemonConnection
from runner.endpoint import UnixEndpoint
from runner.model import KeyScope
from tests.security.conftest import WRITES, routes

pytestmark = pytest.mark.usefixtures("unchanged")

TRAVERSALS = (
    *(
        "..",
        "%2e%2e",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cetc%5cpasswd",
        "%2fetc%2fpasswd",
    ),
    *("%2fproc%2fself%2fenviron", "%252e%252e%252fetc", "..;", ".%00.", "x%00y", "%0d%0aSet-Cookie:%20a=b", "%1b]52;c;eA==%07"),
    *("%ff%fe", "%f0%9f%92%a3", "%e2%80%ae", "'%20OR%201=1%20--", "%7bjob%7d", "*", "%25", "-1", "9" * 40, "x" * 5000),
)


def test_no_id_leads_out_of_its_place(deck):
    """Each of these in the place of each id of each route: not found or refused, never carried out, never a defect."""
    targets = [(route, method) for route, method in routes("GET", *WRITES) if "{" in route]
    with contextlib.closing(DaemonConnection(UnixEndpoint(deck.home.socket_path), timeout=60)) as connection:
        for (route, method), value in itertools.product(targets, TRAVERSALS):
            target = "/".join(value if segment.startswith("{") else segment for segment in route.split("/"))
            body = b"{}" if method in {"POST", "PUT", "PATCH"} else None
            try:
                connection.request(method, target, body=body, headers={"Content-Type": "application/json"} if body else {})
                response = connection.getresponse()
            except ConnectionError:  # refused by its head, before the body was sent
                assert body, (method, target)
                connection.close()
                continue
            answer = response.read()
            if route.endswith("/queues/{name:str}") and response.status == 204:
                continue  # a name that a queue may have; there is none, and taking away its limit again changes nothing
            assert response.status in {400, 403, 404, 405, 409, 415, 422}, (method, target, response.status, answer)
            assert b"root:" not in answer, (method, target)
            assert json.loads(answer)["code"], (method, target)


HEAD = b"Host: 127.0.0.1\r\nX-API-KEY: %KEY%\r\n"
LIMIT = b'{"limit": 1}'
MALFORMED = {
    "nothing of HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n",
    "HTTP/0.9": b"GET /api/v1/status\r\n\r\n",
    "HTTP/9.9": b"GET /api/v1/status HTTP/9.9\r\n" + HEAD + b"\r\n",
    "HTTP/1.0 without a host": b"GET /api/v1/status HTTP/1.0\r\n\r\n",
    "no host": b"GET /api/v1/status HTTP/1.1\r\nX-API-KEY: %KEY%\r\n\r\n",
    "two hosts": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"Host: 127.0.0.1\r\n\r\n",
    "two different hosts": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"Host: evil.example\r\n\r\n",
    "an absolute target elsewhere": b"GET http://evil.example/api/v1/status HTTP/1.1\r\n" + HEAD + b"\r\n",
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "TRACE": b"TRACE /api/v1/status HTTP/1.1\r\n" + HEAD + b"\r\n",
    "no method that anybody knows": b"FROBNICATE /api/v1/shutdown HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a lower-case method": b"put /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: 12\r\n\r\n" + LIMIT,
    "a long method": b"G" * 20000 + b" / HTTP/1.1\r\n" + HEAD + b"\r\n",
    "two lengths": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: 12\r\nContent-Length: 5\r\n\r\n" + LIMIT,
    "a list of lengths": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: 12, 5\r\n\r\n" + LIMIT,
    "a signed length": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: +12\r\n\r\n" + LIMIT,
    "a negative length": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n\r\n" + LIMIT,
    "a huge length": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n" + LIMIT,
    "chunks and a length": b"PUT /api/v1/queues/q HTTP/1.1\r\n"
    + HEAD
    + b"Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n"
    + LIMIT
    + b"\r\n0\r\n\r\n",
    "chunks twice": b"PUT /api/v1/queues/q HTTP/1.1\r\n"
    + HEAD
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are something else": b"PUT /api/v1/queues/q HTTP/1.1\r\n"
    + HEAD
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks that end wrong": b"PUT /api/v1/queues/q HTTP/1.1\r\n"
    + HEAD
    + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    + LIMIT
    + b"\r\n0\r\n\r\n",
    "a space before the colon": b"PUT /api/v1/queues/q HTTP/1.1\r\n" + HEAD + b"Content-Length : 12\r\n\r\n" + LIMIT,
    "a folded header": b"GET /api/v1/status HTTP/1.1\r\n"
    + HEAD
    + b"X-A: b\r\n\tc: d\r\nOrigin:\r\n http://evil.example\r\n\r\n",
    "a NUL in a header": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"X-A: a\0b\r\n\r\n",
    "a lone CR in a header": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"X-A: a\rHost: evil.example\r\n\r\n",
    "a NUL in the path": b"GET /api/v1/\0status HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a line break in the path": b"GET /api/v1/jobs/a%0d%0ab HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a space in the path": b"GET /api/v1/jobs/a b HTTP/1.1\r\n" + HEAD + b"\r\n",
    "bytes in the path": b"GET /api/v1/jobs/\xff\xfe HTTP/1.1\r\n" + HEAD + b"\r\n",
    "a large header": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"X-A: " + b"a" * 40000 + b"\r\n\r\n",
    "many headers": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(4000)) + b"\r\n",
    "a long query": b"GET /api/v1/jobs?name=" + b"a" * 40000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "two keys": b"GET /api/v1/status HTTP/1.1\r\n" + HEAD + b"X-API-KEY: x\r\n\r\n",
}


@pytest.mark.parametrize("version", ["9.9", "0.9", "2.0"])
def test_another_version_of_http_is_refused(deck, version):
    """Also when the client waits for its answer: what the bytes mean is for its own version to say."""
    head = HEAD.replace(b"%KEY%", deck.keys[KeyScope.ADMIN].encode())
    answer = deck.exchange(b"GET /api/v1/status HTTP/" + version.encode() + b"\r\n" + head + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 "), answer


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_a_request_is_not_taken_for_one(deck, name):
    """An answer that says no, or none; the connection is closed, so that nothing is left to be read as another request."""
    answer = deck.exchange(MALFORMED[name].replace(b"%KEY%", deck.keys[KeyScope.ADMIN].encode()), close=True)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert answer[:12] in {b"", *(b"HTTP/1.1 %d" % status for status in (400, 401, 403, 404, 405, 408, 413, 431, 501, 505))}, (
        answer
    )


def test_a_second_request_in_the_body_of_the_first_is_body(deck):
    """Smuggling: what stands in a body of the length that was told is never a request of its own; and what follows a request
    that was refused is not read."""
    key = deck.keys[KeyScope.ADMIN].encode()
    inner = (
        b"PUT /api/v1/queues/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-KEY: "
        + key
        + b"\r\nContent-Length: 12\r\n\r\n"
        + LIMIT
    )
    outer = (
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-API-KEY: "
        + key
        + b"\r\nContent-Length: %d\r\n\r\n" % len(inner)
    )
    assert deck.exchange(outer + inner).count(b"HTTP/1.1 ") == 1
    keyless = b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    answer = deck.exchange(keyless + inner)
    assert answer.startswith(b"HTTP/1.1 401")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_http_1_0_is_answered_and_closed(deck):
    """Proxies speak it; the rules are the same."""
    key = deck.keys[KeyScope.READ].encode()
    answer = deck.exchange(b"GET /api/v1/status HTTP/1.0\r\nHost: 127.0.0.1\r\nX-API-KEY: " + key + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_bodies_that_are_too_much(deck):
    """Too large, told or not; too deep; not JSON; not declared as such: refused before anybody looks into them."""
    large = b'{"text": "' + b"a" * (3 << 20) + b'"}'
    deep = b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body, expected in (
        (large, 413),
        (deep, 400),
        (b'{"text": NaN}', 400),
        (b"\xff\xfe{}", 400),
        (b'{"text": "\\ud800"}', 400),
    ):
        for headers in ({}, {"Transfer-Encoding": "chunked"}):
            connection = http.client.HTTPConnection("127.0.0.1", deck.port, timeout=60)
            sent = {"X-API-KEY": deck.keys[KeyScope.OPERATE], "Content-Type": "application/json", **headers}
            try:
                connection.request(
                    "POST", "/api/v1/jobs", iter([body]) if headers else body, sent, encode_chunked=bool(headers)
                )
                status = connection.getresponse().status
            except (BrokenPipeError, ConnectionResetError):
                status = expected  # cut off while it was still sending
            finally:
                connection.close()
            assert status == expected, (body[:20], status)


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}])
def test_no_page_elsewhere_writes(deck, headers):
    """For every route that writes, whatever the body is declared as, with the key of an administrator at hand."""
    for route, method in routes(*WRITES):
        target = route.replace("{job:str}", deck.job).replace("{name:str}", "q").replace("{number:int}", "1")
        status, problem = deck.ask(method, target, "{}", key=KeyScope.ADMIN, **headers)
        assert (status, problem["code"]) == (403, "forbidden"), (method, target)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1.evil.com",
            "127.0.0.1.",
            "localhost.",
            "localhost.evil.com",
            "evil.com:80",
            "127.0.0.1:80:80",
            "127.0.0.1:",
        ),
        *(
            "127.1",
            "2130706433",
            "0x7f000001",
            "0",
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::1%25lo]",
            "::1",
            "127.0.0.1,evil.com",
        ),
        *(
            "user@127.0.0.1",
            "127.0.0.1/",
            "127.0.0.1\t.evil.com",
            "127.0.0.1#",
            "\xa1localhost",
            "xn--lcalhost-6fd",
            "127.0.0.1:99999999",
        ),
    ],
)
def test_names_that_only_look_like_the_daemons(deck, host):
    """Rebinding takes a name; those that begin, end or read like an address of this machine are other names."""
    raw = b"GET /api/v1/jobs HTTP/1.1\r\nHost: %s\r\nX-API-KEY: %s\r\n\r\n" % (
        host.encode("latin-1"),
        deck.keys[KeyScope.ADMIN].encode(),
    )
    answer = deck.exchange(raw, close=True)
    assert answer[:12] in {b"HTTP/1.1 403", b"HTTP/1.1 400"}, answer


def test_there_is_no_sharing_with_other_origins(deck):
    """No answer tells a browser that another page may read it, not to a question beforehand either."""
    for method in ("GET", "OPTIONS"):
        raw = (
            f"{method} /api/v1/jobs HTTP/1.1\r\nHost: {deck.address}\r\nOrigin: http://{deck.address}\r\nConnection: close\r\n"
            f"Access-Control-Request-Method: DELETE\r\nX-API-KEY: {deck.keys[KeyScope.READ]}\r\n\r\n"
        )
        assert b"access-control" not in deck.exchange(raw.encode()).lower()


def test_refusals_are_in_the_log(deck):
    """Who was turned away and why; the log is not for whoever knocks to fill, so not each of them."""
    log = deck.home.daemon_log
    deck.wait_for(lambda: deck.ask("GET", "/api/v1/jobs")[0] == 401 and "refused a request from 127.0.0.1" in log.read_text())
    deck.wait_for(lambda: deck.exchange(b"\0\r\n\r\n", close=True) and "it sent no HTTP request" in log.read_text())
    assert deck.keys[KeyScope.READ] not in log.read_text()
