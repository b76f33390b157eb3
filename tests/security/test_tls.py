"""TLS on the TCP address: who is spoken to is proved, and what is not a certificate is refused before anybody listens."""

import asyncio
import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runner.api.listening import open_tcp
from runner.async_client import AsyncClient
from runner.client import Client, DaemonUnreachable
from runner.endpoint import ListenAddress, TcpListening, parse_server
from runner.home import Home
from runner.requests import KeyRequest
from runner.supervisor.keys import Keys
from spec.errors import UsageError
from tests.api.conftest import Daemon

LOOPBACK = ListenAddress("127.0.0.1", 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "flowdeck test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "key.pem").touch(mode=0o600)
    (directory / "key.pem").write_bytes(private)
    return directory / "certificate.pem", directory / "key.pem"


def test_clients_know_whom_they_speak_to(files, tmp_path):
    """With the certificate at hand; without it, by a name that is not in it, and without TLS nothing is said."""
    certificate, key = map(str, files)
    daemon = Daemon(tmp_path / "home", "--listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key)
    daemon.start()
    try:
        with daemon.client() as client:
            secret = client.add_key(KeyRequest(name="k")).key
            url = client.status().listening
        assert url.startswith("https://127.0.0.1:")
        nobody = Home(tmp_path / "nobody")
        with Client(nobody, server=parse_server(url, secret, certificate)) as client:
            assert client.status().listening == url
            with client.events(0) as feed:
                assert feed.next_within(5) is not None
        for wrong, message in (
            (parse_server(url, secret), "not trusted"),
            (parse_server(url.replace("127.0.0.1", "localhost"), secret, certificate), "not trusted"),
            (parse_server(url.replace("https", "http"), secret), "broke"),
        ):
            with Client(nobody, server=wrong) as client, pytest.raises(DaemonUnreachable, match=message):
                client.status()
        with (
            Client(nobody, server=parse_server(url, secret, key)) as client,
            pytest.raises(UsageError, match="no certificates"),
        ):
            client.status()
        asyncio.run(ask_from_a_loop(nobody, url, secret, files))
    finally:
        assert daemon.stop() == 0


async def ask_from_a_loop(nobody, url, secret, files):
    """The same by the client for event loops: several calls at once, a stream, and nothing where a proof is missing."""
    certificate, key = map(str, files)
    async with AsyncClient(nobody, server=parse_server(url, secret, certificate)) as client:
        found = await asyncio.gather(*(client.status() for _ in range(4)))
        assert {status.listening for status in found} == {url}
        async with client.events(0) as feed, asyncio.timeout(60):
            assert (await anext(aiter(feed))).revision > 0
    for wrong, error, message in (
        (parse_server(url, secret), DaemonUnreachable, "not trusted"),
        (parse_server(url.replace("127.0.0.1", "localhost"), secret, certificate), DaemonUnreachable, "not trusted"),
        (parse_server(url.replace("https", "http"), secret), DaemonUnreachable, "broke"),
        (parse_server(url, secret, key), UsageError, "no certificates"),
    ):
        async with AsyncClient(nobody, server=wrong) as client:
            with pytest.raises(error, match=message):
                await client.status()


def test_files_that_are_no_certificate_are_refused(files, tmp_path):
    """One without the other, the wrong way round, missing, and a key that everybody may read."""
    certificate, key = files
    open_key = tmp_path / "key.pem"
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    for pair in (
        (certificate, None),
        (None, key),
        (key, certificate),
        (certificate, tmp_path / "missing"),
        (certificate, open_key),
    ):
        with pytest.raises(UsageError) as refused:
            open_tcp(TcpListening(LOOPBACK, *pair), Keys(None, {}))
        assert refused.value.code == "tls-files"
