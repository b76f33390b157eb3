"""What people get to see of a job: everything but its secrets."""

from __future__ import annotations

import msgspec

from runner.supervisor.public_spec import public_spec
from spec.job import EnvSpec, JobSpec, PluginKind, PluginSpec
from spec.plan.plan import MASKED, plan_change

CANARY = "canary-7f3a"


def job(secret: str) -> JobSpec:
    """A job whose plugins hold ``secret`` in every place a secret can be."""
    source = PluginSpec(
        id="orders",
        kind=PluginKind.SOURCE,
        index=0,
        name="Jdbc",
        output="orders",
        options={
            "url": f"jdbc:postgresql://reader:{secret}@db:5432/shop",
            "password": secret,
            "table_list": [{"table_path": "shop.orders", "password": secret}],
            "properties": {"ssl.key.password": secret, "ssl": "true"},
        },
    )
    sink = PluginSpec(id="out", kind=PluginKind.SINK, index=0, name="Console", inputs=("orders",), options={})
    return JobSpec(name="orders", env=EnvSpec(), sources=(source,), transforms=(), sinks=(sink,))


def test_secrets_are_masked_at_any_depth() -> None:
    """As an option, inside a list, in a map of properties, and inside an address; the rest is there."""
    shown = public_spec(job(CANARY))
    assert CANARY not in str(shown)
    options = shown["sources"][0]["options"]
    assert options["url"] == f"jdbc:postgresql://reader:{MASKED}@db:5432/shop"
    assert options["properties"]["ssl"] == "true"
    assert options["table_list"][0]["table_path"] == "shop.orders"


def test_a_plan_takes_what_is_masked_as_unchanged() -> None:
    """Compared with what a daemon hands out, a job differs only where something that is shown differs."""
    before = msgspec.convert(public_spec(job(CANARY)), JobSpec)
    plan = plan_change(before, msgspec.structs.replace(job(CANARY), name="renamed"), "another")
    assert [change.path for change in plan.changes] == ["env.job.name"]
