"""Metrics as monitoring systems read them, read by the parsers of the library that everybody's exporters use."""

import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def samples(daemon, accept="*/*", read=read_text):
    """By name and labels what is exposed, and the media type."""
    status, headers, body = daemon.request("GET", "/api/v1/metrics", headers={"Accept": accept})
    assert status == 200
    families = list(read(body.decode()))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    found = {(sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples}
    return found, headers["content-type"]


def test_what_runs_and_what_is_over_is_exposed(daemon, batch, stream):
    """Jobs by state, what the daemon has counted, and series of the jobs at work alone."""
    daemon.wait_until(stream, lambda job: job.execution.totals.rows_out > 0 and job.last_checkpoint is not None)
    found, media_type = samples(daemon)
    assert media_type.startswith("text/plain; version=")
    assert found["flowdeck_jobs", ("state", "FINISHED")] >= 1
    assert found["flowdeck_jobs", ("state", "CANCELING")] == 0
    assert found["flowdeck_executions_ended_total", ("outcome", "finished")] >= 1
    assert found["flowdeck_jobs_left_out",] == 0
    name = daemon.json("GET", f"/api/v1/jobs/{stream}", status=200)["name"]
    of_stream = {key[0]: value for key, value in found.items() if ("job", name) in key}
    assert of_stream["flowdeck_job_records_total"] > 0
    assert of_stream["flowdeck_job_workers"] == 1
    assert of_stream["flowdeck_job_last_checkpoint_timestamp_seconds"] > found["flowdeck_start_time_seconds",]
    assert {"flowdeck_job_info", "flowdeck_job_memory_bytes", "flowdeck_job_lag_seconds"} <= set(of_stream)
    assert not [key for key in found if ("job", "batch") in key]


@pytest.mark.usefixtures("batch")
def test_openmetrics_is_what_the_header_asks_for(daemon):
    """The same samples; its parser insists on an end and on the names of counters."""
    found, media_type = samples(daemon, OPENMETRICS, read_openmetrics)
    assert media_type.startswith("application/openmetrics-text")
    assert found["flowdeck_build_info", ("version", daemon.json("GET", "/api/v1", status=200)["version"])] == 1
    assert set(samples(daemon)[0]) == set(found)


@pytest.mark.usefixtures("batch", "stream")
def test_every_metric_is_documented(daemon):
    """By its name in docs/api.md, once."""
    documented = re.findall(r"`(flowdeck_\w+)`", (Path(__file__).parents[2] / "docs" / "api.md").read_text())
    assert {key[0] for key in samples(daemon)[0]} <= set(documented)
    assert len(documented) == len(set(documented))
