"""ETag, If-None-Match and If-Match: answers that have not changed are left out, writes on a stale version are refused."""

import json
import threading

import pytest

from runner.api.etags import allows, is_named, make_tag
from spec.errors import UsageError


def test_an_answer_that_has_not_changed_is_left_out(daemon, batch):
    """The entity tag of an answer, sent back, brings 304 without a body and the same tag."""
    status, headers, _body = daemon.request("GET", f"/api/v1/jobs/{batch}")
    assert status == 200
    found, again, body = daemon.request("GET", f"/api/v1/jobs/{batch}", headers={"If-None-Match": headers["etag"]})
    assert (found, body, again["etag"]) == (304, b"", headers["etag"])
    assert daemon.request("GET", f"/api/v1/jobs/{batch}", headers={"If-None-Match": '"other", "1.x"'})[0] == 200


def test_lists_have_tags_too(daemon, batch):
    """A list that is the same is left out like a record."""
    tag = daemon.request("GET", "/api/v1/savepoints")[1]["etag"]
    assert daemon.request("GET", "/api/v1/savepoints", headers={"If-None-Match": f"{tag}, W/{tag}"})[0] == 304


def test_a_write_on_a_stale_version_is_refused(daemon, batch):
    """If-Match with another version than the job's is 412, names the present version, and nothing has happened."""
    before = daemon.json("GET", f"/api/v1/jobs/{batch}", status=200)
    stale = {"If-Match": f'"{before["version"] + 7}.abc"', "Content-Type": "application/json"}
    status, _headers, body = daemon.request("POST", f"/api/v1/jobs/{batch}/restart", {"restore": "none"}, stale)
    problem = json.loads(body)
    assert (status, problem["code"]) == (412, "precondition-failed")
    assert str(before["version"]) in problem["detail"]
    assert daemon.json("GET", f"/api/v1/jobs/{batch}", status=200) == before


def test_a_write_on_the_present_version_is_carried_out_once(daemon, batch):
    """The tag of an answer opens the door to one write; after it the version is another one."""
    tag = daemon.request("GET", f"/api/v1/jobs/{batch}")[1]["etag"]
    first = daemon.request("POST", f"/api/v1/jobs/{batch}/restart", {"restore": "none"}, {"If-Match": tag})
    assert first[0] == 202, first[2]
    daemon.wait_until(batch, daemon.is_over)
    assert daemon.request("POST", f"/api/v1/jobs/{batch}/restart", {"restore": "none"}, {"If-Match": tag})[0] == 412


def test_a_write_on_condition_never_follows_a_change_that_it_does_not_know(daemon, batch):
    """Of a write on condition and a plain one at once the plain one has the last word: the other was first, or is refused."""
    answers = []
    for turn in range(12):
        tag = daemon.request("GET", f"/api/v1/jobs/{batch}")[1]["etag"]
        barrier = threading.Barrier(2)

        def send(who, headers, barrier=barrier, turn=turn):
            barrier.wait(60)
            body = {"labels": {"last": f"{who}-{turn}"}}
            answers.append((who, daemon.request("PATCH", f"/api/v1/jobs/{batch}", body, headers)[0]))

        senders = [threading.Thread(target=send, args=found) for found in (("plain", {}), ("knowing", {"If-Match": tag}))]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
        assert daemon.json("GET", f"/api/v1/jobs/{batch}", status=200)["labels"]["last"] == f"plain-{turn}"
    assert {status for who, status in answers if who == "plain"} == {200}
    assert {status for who, status in answers if who == "knowing"} <= {200, 412}


def test_a_condition_on_what_has_no_version_is_refused(daemon):
    """A condition that cannot be checked is not ignored."""
    status, _headers, body = daemon.request("PUT", "/api/v1/queues/default", {"limit": None}, {"If-Match": '"1"'})
    assert (status, json.loads(body)["code"]) == (400, "precondition-unsupported")


def test_a_condition_without_a_version_is_refused(daemon, batch):
    """If-Match that is no list of tags is 400 and says what to send."""
    status, _headers, body = daemon.request("POST", f"/api/v1/jobs/{batch}/pause", headers={"If-Match": "12"})
    assert (status, json.loads(body)["code"]) == (400, "invalid-request")


@pytest.mark.parametrize(
    ("header", "allowed"), [("*", True), ('"12"', True), ('"12.abc"', True), ('"11", W/"12.x"', True), ('"11"', False)]
)
def test_versions_of_if_match(header, allowed):
    """Only the version of a tag counts, and any of a list."""
    assert allows(12, header) is allowed


@pytest.mark.parametrize("header", ["", "12", '"12', '"x"', '"12" "13"', '"-1"', '"' + "9" * 40 + '"', '"12",,'])
def test_what_is_no_version_is_refused(header):
    """Garbage is an error of the client, never a match."""
    with pytest.raises(UsageError):
        allows(12, header)


def test_tags_of_if_none_match():
    """The whole tag counts there: the same version with other counters is another answer."""
    tag = make_tag(12, b"{}")
    assert is_named(tag, f'"x", W/{tag}')
    assert is_named(tag, "*")
    assert not is_named(tag, make_tag(12, b"[]"))
    assert not is_named(tag, "garbage")
