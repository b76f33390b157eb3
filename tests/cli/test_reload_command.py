"""The command reload: what stands there of each watched file, and a person's word on a change that waits."""


def test_watched_files_are_shown_and_decided_about(flowdeck):
    """The list, the plan of a change that waits, apply and discard, and an invalid file with its place and exit code 1."""
    path = flowdeck.directory / "stream.conf"
    (flowdeck.directory / "batch.conf").unlink()
    flowdeck("up", "--watch", "stream.conf", "--reload", "approval=manual", "--reload", "stable_after=0.1")

    def state():
        with flowdeck.client() as client:
            return client.reload_report().files

    flowdeck.wait_for(lambda: state() and state()[0].state == "SYNCED")
    heading, line = flowdeck("reload").stdout.splitlines()
    assert heading.split() == ["FILE", "JOB", "STATE", "SEEN", "APPLIED", "SINCE", "WHY"]
    assert line.split()[:5] == ["stream.conf", "stream", "SYNCED", "1", "1"]
    text = path.read_text()
    path.write_text(text.replace("2000", "3000"))
    flowdeck.wait_for(lambda: state()[0].state == "PENDING_APPROVAL")
    shown = flowdeck("reload", "stream").stdout
    assert "PENDING_APPROVAL" in shown
    assert "~ env.read_limit.rows_per_second: 2000 -> 3000  restart" in shown
    assert "flowdeck reload stream --apply or --discard" in shown
    assert "reload  pending approval at" in flowdeck("show", "stream").stdout.replace("      ", "  ")
    assert flowdeck.json("reload", "stream", "--apply")["approved_generation"] == 2
    flowdeck.wait_for(lambda: state()[0].state == "SYNCED")
    assert flowdeck.job("stream")["generation"] == 2
    refused = flowdeck("reload", "stream", "--discard", status=1)
    assert "no change of stream waits for approval" in refused.stderr
    path.write_text(text.replace("1000000000", "many"))
    flowdeck.wait_for(lambda: state()[0].state == "INVALID")
    invalid = flowdeck("reload", "stream", status=1).stdout
    assert "stream.conf:3:" in invalid
    assert "row.num" in invalid
    (found,) = flowdeck.json("reload", status=1)["files"]
    assert found["generations"][-1]["verdict"] == "rejected"
    path.write_text(text.replace("2000", "4000"))
    flowdeck.wait_for(lambda: state()[0].state == "PENDING_APPROVAL")
    discarded = flowdeck.json("reload", "stream", "--discard", "--reason", "not today")
    assert (discarded["state"], "not today" in discarded["message"]) == ("BLOCKED", True)
    assert flowdeck.json("reload", "--retry")["files"][0]["file"] == str(path)
    flowdeck.wait_for(lambda: state()[0].state == "PENDING_APPROVAL")
    assert "need the job" in flowdeck("reload", "--apply", status=2).stderr
    wrong = flowdeck("up", "--reload", "approvel=manual", status=2).stderr
    assert "is no setting of hot reload" in wrong
