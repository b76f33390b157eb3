"""The TCP address: who gets in, by which name, from which page, and with which key."""

import base64
import http.client
import json
import socket

import pytest

from runner.client import ApiError, Client, DaemonUnreachable
from runner.endpoint import TcpEndpoint, parse_listen, parse_server
from runner.home import Home
from runner.model import KeyScope
from runner.requests import KeyRequest, RestartRequest
from spec.errors import UsageError
from tests.api.conftest import Daemon


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """A daemon on a free port of the loopback address, without keys at first."""
    daemon = Daemon(tmp_path_factory.mktemp("home"), "--listen", "127.0.0.1:0")
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture
def endpoint(listening):
    """Where it listens."""
    with listening.client() as client:
        return parse_server(client.status().listening)


@pytest.fixture
def keys(listening):
    """A key of each scope; gone again after the test."""
    with listening.client() as client:
        made = {scope: client.add_key(KeyRequest(name=f"a {scope}", scope=scope)).key for scope in KeyScope}
        yield made
        for scope in KeyScope:
            client.remove_key(f"a {scope}")


def ask(endpoint, path="/api/v1/status", method="GET", body=None, **headers):
    """One exchange over TCP with exactly these headers beside Host: status, headers, decoded answer."""
    connection = http.client.HTTPConnection(endpoint.address, endpoint.port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, path, body=body, headers=sent)
        response = connection.getresponse()
        answer = response.read()
        return response.status, response.headers, json.loads(answer) if answer else None
    finally:
        connection.close()


def test_without_a_key_on_record_nobody_comes_in(listening, endpoint):
    """On a loopback address too every user of the machine could come otherwise; the unix socket needs no key."""
    for path, method in (("status", "GET"), ("queues/q", "PUT"), ("shutdown", "POST"), ("keys", "GET"), ("keys/x", "DELETE")):
        body = '{"limit": null}' if method == "PUT" else None
        status, _, problem = ask(endpoint, f"/api/v1/{path}", method, body)
        assert (status, problem["code"]) == (401, "unauthorized"), path
    assert listening.json("GET", "/api/v1/keys", status=200) == {"keys": []}
    assert listening.json("GET", "/api/v1/status", status=200)["listening"] == endpoint.url


def test_with_a_key_on_record_everybody_needs_one(endpoint, keys):
    """None, a wrong one, another scheme, two at once: 401 and what to send; the unix socket needs none."""
    wrong = (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {keys[KeyScope.ADMIN]}"},
        {"Authorization": f"Digest {keys[KeyScope.ADMIN]}"},
        {"Authorization": "Basic " + base64.b64encode(f"a read:{keys[KeyScope.ADMIN]}".encode()).decode()},
        {"Authorization": f"Bearer {keys[KeyScope.READ]}", "X_API_KEY": keys[KeyScope.READ]},
        {"Authorization": f"Bearer {keys[KeyScope.ADMIN]}x"},
        {"Authorization": "Bearer \xff"},
    )
    for headers in wrong:
        for path in ("/api/v1/status", "/api/v1/keys", "/api/v1/openapi.json", "/nothing"):
            status, answered, problem = ask(endpoint, path, **headers)
            assert (status, problem["code"]) == (401, "unauthorized"), headers
            assert [challenge.split()[0] for challenge in answered.get_all("WWW-Authenticate")] == ["Bearer", "Basic"]
            assert answered["Content-Type"] == "application/problem+json"


def test_a_key_comes_in_three_ways(endpoint, keys):
    """As a bearer token, as the password of its name, and in a header of its own."""
    key = keys[KeyScope.READ]
    basic = base64.b64encode(f"a read:{key}".encode()).decode()
    for headers in ({"Authorization": f"Bearer {key}"}, {"Authorization": f"basic {basic}"}, {"X_API_KEY": key}):
        assert ask(endpoint, **headers)[0] == 200
        assert ask(endpoint, "/api/v1/queues/q", "PUT", '{"limit": null}', **headers)[0] == 403


def test_a_right_key_of_another_name_is_told_so(endpoint, keys):
    """A browser asks for a user's name, too: the refusal says whose that is."""
    basic = base64.b64encode(f"admin:{keys[KeyScope.READ]}".encode()).decode()
    status, _, body = ask(endpoint, Authorization=f"Basic {basic}")
    assert status == 401
    assert "the user's name is that of the key" in body["hint"]


def test_each_scope_allows_what_it_says(endpoint, keys):
    """Read looks, operate changes, admin does everything; each includes the one before."""
    needed = (
        ("/api/v1/status", "GET", None, KeyScope.READ),
        ("/api/v1/openapi.json", "GET", None, KeyScope.READ),
        ("/api/v1/queues/q", "PUT", '{"limit": null}', KeyScope.OPERATE),
        ("/api/v1//queues/q/", "PUT", '{"limit": null}', KeyScope.OPERATE),
        ("/api/v1/keys", "GET", None, KeyScope.ADMIN),
        ("/api/v1/%6beys", "GET", None, KeyScope.ADMIN),
        ("/api/v1//keys/", "GET", None, KeyScope.ADMIN),
        ("/api/v1/keys", "HEAD", None, KeyScope.ADMIN),
    )
    for path, method, body, least in needed:
        for scope, key in keys.items():
            status, _, _ = ask(endpoint, path, method, body, Authorization=f"bearer {key}")
            allowed = scope.allows(least)
            assert (status in {200, 404, 405}) if allowed else (status in {403, 404, 405}), (path, method, scope)
            if path in {"/api/v1/status", "/api/v1/queues/q", "/api/v1/keys"} and method != "HEAD":
                assert (status == 200) is allowed, (path, scope)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:1", "", "a b", "127.0.0.2", "[::1", "@localhost"]
)
def test_a_name_that_is_not_the_daemons_is_refused(endpoint, keys, host):
    """Rebinding: the request comes to the right address under a name of the page's choosing."""
    status, _, problem = ask(endpoint, Host=host, X_API_KEY=keys[KeyScope.READ])
    assert status in {400, 403}
    assert status == 400 or problem["code"] == "forbidden"


def test_names_of_the_loopback_address(endpoint, keys):
    """By any of them, and whatever port a tunnel has."""
    for host in ("localhost", f"LOCALHOST:{endpoint.port}", "127.0.0.1:1", "[::1]"):
        assert ask(endpoint, Host=host, X_API_KEY=keys[KeyScope.READ])[0] == 200


def test_web_pages_elsewhere_are_refused(endpoint, keys):
    """What a browser says about the page that sends the request, for reading too; the same origin is let in."""
    here = {"Host": endpoint.host, "X_API_KEY": keys[KeyScope.OPERATE]}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{endpoint.port + 1}"},
        {"Origin": f"https://{endpoint.host}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        status, answered, problem = ask(endpoint, **here, **headers)
        assert (status, problem["code"]) == (403, "forbidden"), headers
        assert "Access-Control-Allow-Origin" not in answered
    assert ask(endpoint, **here, Origin=f"http://{endpoint.host}", Sec_Fetch_Site="same-origin")[0] == 200
    assert ask(endpoint, "/api/v1/jobs", "POST", "{}", Content_Type="text/html", **here)[0] == 415


def test_a_body_that_is_too_large_is_not_read(endpoint, keys):
    """Refused over TCP as on the socket: unread without a key, by its size with one."""
    with socket.create_connection((endpoint.address, endpoint.port), 10) as connection:
        head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: {endpoint.host}\r\nContent-Length: 1000000000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 401")
    with socket.create_connection((endpoint.address, endpoint.port), 10) as connection:
        key = f"Authorization: Bearer {keys[KeyScope.OPERATE]}\r\nContent-Type: application/json\r\n"
        connection.sendall(head.replace("Content-Length", key + "Content-Length").encode())
        connection.sendall(b"x")
        assert connection.recv(64).startswith(b"HTTP/1.1 413")


def test_the_client_over_tcp(listening, endpoint, keys, tmp_path, batch_text):
    """Calls and event streams go with the key; without it, and with too narrow a scope, the daemon's words come through."""
    home = Home(tmp_path / "nobody")
    with Client(home, server=TcpEndpoint(endpoint.address, endpoint.port, keys[KeyScope.OPERATE])) as client:
        job = listening.submit(batch_text, tmp_path / "job")
        assert client.wait_until(job, listening.is_over, 30).name == "batch"
        client.restart(job, RestartRequest(restore="none"))
        client.wait_until(job, listening.is_over, 30)
        with pytest.raises(ApiError, match="needs admin"):
            client.shutdown()
    with Client(home, server=endpoint) as client:
        with pytest.raises(ApiError, match="needs a key") as refused:
            client.status()
        assert refused.value.status == 401
        with pytest.raises(ApiError, match="needs a key"):
            client.events(None)
    assert not home.path.exists()
    assert keys[KeyScope.OPERATE] not in repr(TcpEndpoint("h", 1, keys[KeyScope.OPERATE]))


def test_keys_are_kept_as_digests_and_told_without_them(listening, keys):
    """Neither the store, the log nor the events have the secret; a name is taken once; a removed key is gone."""
    with listening.client() as client:
        with pytest.raises(ApiError, match="already"):
            client.add_key(KeyRequest(name=f"a {KeyScope.READ}"))
        with pytest.raises(ApiError) as refused:
            client.add_key(KeyRequest(name="../x"))
        assert refused.value.code == "invalid-name"
        with pytest.raises(ApiError) as missing:
            client.remove_key("nobody")
        assert missing.value.status == 404
        listed = client.keys()
        assert [key.name for key in listed] == sorted(f"a {scope}" for scope in KeyScope)
        with client.events(0) as feed:
            told = [event.message for event in iter(lambda: feed.next_within(0.5), None)]
    assert any("a read" in message for message in told)
    kept = b"".join(path.read_bytes() for path in listening.home.path.rglob("*") if path.is_file())
    for secret in keys.values():
        assert secret.encode() not in kept
        assert not any(secret in message for message in told)


def test_keys_outlive_the_daemon_and_open_other_addresses(tmp_path):
    """A public address is refused without a key; with one it needs it, also after that was removed."""
    public = Daemon(tmp_path / "home", "--listen", "0.0.0.0:0")
    with pytest.raises(AssertionError, match="other machines"):
        public.start()
    public.options = ()
    public.start()
    with public.client() as client:
        key = client.add_key(KeyRequest(name="k")).key
    assert public.stop() == 0
    public.options = ("--listen", "0.0.0.0:0")
    with pytest.raises(AssertionError, match="without TLS"):
        public.start()
    public.options = ("--listen", "0.0.0.0:0", "--insecure", "--no-key")
    with pytest.raises(AssertionError, match="without a key everybody"):
        public.start()
    public.options = ("--listen", "0.0.0.0:0", "--insecure", "--host-name", "deck.example")
    public.start()
    try:
        with public.client() as client:
            endpoint = TcpEndpoint("127.0.0.1", parse_server(client.status().listening).port)
            assert ask(endpoint)[0] == 401
            assert ask(endpoint, Authorization=f"Bearer {key}")[0] == 200
            assert ask(endpoint, Host="evil.example", Authorization=f"Bearer {key}")[0] == 403
            assert ask(endpoint, Host="deck.example:1", Authorization=f"Bearer {key}")[0] == 200
            client.remove_key("k")
            assert ask(endpoint)[0] == 401
            assert ask(endpoint, Authorization=f"Bearer {key}")[0] == 401
    finally:
        assert public.stop() == 0


def test_an_address_that_cannot_be_had(listening, endpoint, tmp_path):
    """A port that is taken: the daemon does not start, and says why."""
    other = Daemon(tmp_path / "home", "--listen", endpoint.host)
    with pytest.raises(AssertionError, match="cannot listen on"):
        other.start()


def test_addresses_as_people_write_them():
    """HOST:PORT, IPv6 in brackets, only a port; http:// and nothing else for clients."""
    for text, address in (
        ("8080", "127.0.0.1:8080"),
        (":8080", "127.0.0.1:8080"),
        ("[::1]:0", "[::1]:0"),
        ("host:1", "host:1"),
    ):
        assert str(parse_listen(text)) == address
    for text in ("", "host", "host:", "::1:80", "host:99999", "a b:80", "http://x:1", "x/y:1"):
        with pytest.raises(UsageError):
            parse_listen(text)
    assert parse_server("http://[::1]:8080/").host == "[::1]:8080"
    for url in ("", "host:1", "ftp://h:1", "http://", "http://u:p@h:1", "http://h:1/path", "http://h:x", "http://h:1?q"):
        with pytest.raises(UsageError):
            parse_server(url)
    assert parse_server("https://h").url == "https://h:443"
    with pytest.raises(UsageError):
        parse_server("http://h:1", "a\r\nb")
    with (
        Client(Home("/nowhere"), server=TcpEndpoint("127.0.0.1", 1)) as client,
        pytest.raises(DaemonUnreachable, match="no daemon"),
    ):
        client.status()
