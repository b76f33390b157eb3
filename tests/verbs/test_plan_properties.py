"""Whatever is edited: the class of a change follows from its path, and the plan from its changes."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.supervisor.reloading.decision import Decision, decide
from runner.supervisor.reloading.settings import ReloadPolicy
from spec.job import Approval, EnvSpec, JobMode, JobSpec, PluginKind, PluginSpec, ReloadSettings, UpgradeMode
from spec.plan.change import Effect, Plan
from spec.plan.compatibility import breaches
from spec.plan.plan import plan_change

NAMES = st.sampled_from(["a", "b", "c"])
SOURCES = st.builds(
    lambda name, path, rows: PluginSpec(
        id=name, kind=PluginKind.SOURCE, name="LocalFile", index=0, options={"path": path, "row": rows}, output=name
    ),
    NAMES,
    st.sampled_from(["in", "/in"]),
    st.integers(0, 1),
)
TRANSFORMS = st.builds(
    lambda name, plugin, index: PluginSpec(id=f"t{name}", kind=PluginKind.TRANSFORM, name=plugin, index=index, options={}),
    NAMES,
    st.sampled_from(["Sql", "Filter"]),
    st.integers(0, 2),
)
SINKS = st.builds(
    lambda name, path: PluginSpec(id=f"s{name}", kind=PluginKind.SINK, name="LocalFile", index=0, options={"path": path}),
    NAMES,
    st.sampled_from(["out", "elsewhere"]),
)


def several(plugins):
    """Up to three plugins of different names."""
    return st.lists(plugins, min_size=1, max_size=3, unique_by=lambda plugin: plugin.id).map(tuple)


ENVIRONMENTS = st.builds(
    EnvSpec,
    mode=st.sampled_from(JobMode),
    parallelism=st.integers(1, 3),
    workers=st.integers(1, 3),
    rows_per_second=st.none() | st.integers(1, 3),
    reload=st.builds(ReloadSettings, stable_after=st.none() | st.just(1.0)),
)
JOBS = st.builds(
    JobSpec,
    name=st.sampled_from(["orders", "sales"]),
    env=ENVIRONMENTS,
    sources=several(SOURCES),
    transforms=several(TRANSFORMS),
    sinks=several(SINKS),
)
POLICIES = st.builds(
    ReloadPolicy,
    approval=st.sampled_from(Approval),
    upgrade=st.sampled_from(UpgradeMode),
    allow_non_restored_state=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(JOBS, JOBS)
def test_a_plan_is_as_weighty_as_its_weightiest_change(before, after):
    """NONE exactly when both mean the same; BREAKING exactly when the rule of state identity says so; in place exactly when no
    change takes a restart; every change has a path and a reason; and planned again, it is the same."""
    plan = plan_change(before, after)
    assert (plan.effect is Effect.NONE) == (before.content_hash() == after.content_hash())
    assert (plan.effect is Effect.BREAKING) == bool(breaches(before, after))
    assert plan.effect is max((change.effect for change in plan.changes), key=lambda found: found.weight, default=Effect.NONE)
    assert all(change.path and change.reason for change in plan.changes)
    assert not plan.in_place or plan.effect.weight <= Effect.SCALE.weight
    for change in plan.changes:
        if change.effect in {Effect.IGNORE, Effect.LIVE}:
            assert change.in_place
        if change.effect.weight >= Effect.RESTART.weight:
            assert not change.in_place
    assert plan_change(before, after) == plan


@settings(max_examples=100, deadline=None)
@given(JOBS, ENVIRONMENTS)
def test_settings_alone_never_break_the_state(before, environment):
    """Whatever is set anew in the environment, the saved positions still fit."""
    after = msgspec.structs.replace(before, env=environment)
    assert plan_change(before, after).effect.weight < Effect.BREAKING.weight


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(Effect), POLICIES, st.booleans(), st.booleans(), st.booleans())
def test_a_decision_never_goes_behind_anybodys_back(effect, policy, asks, approved, at_rest):
    """A breaking change of a job that goes on is applied only when the job allows it; one that wants to be asked is applied
    only with somebody's word, unless nothing changes by it; approval never overrules the rule of state identity."""
    decision = decide(Plan(effect), policy, asks=asks, approved=approved, at_rest=at_rest)
    assert (decision is Decision.NOTHING) == (effect is Effect.NONE)
    if effect is Effect.BREAKING and not at_rest and not policy.leaves_state_behind:
        assert decision is Decision.BLOCK
    if decision is Decision.APPLY and effect is not Effect.IGNORE:
        assert approved or not (asks or policy.approval is Approval.MANUAL)
    if decision is Decision.ASK:
        assert not approved
