"""Recorded generations, as what can be run again."""

from __future__ import annotations

import os

import msgspec

from runner.model import Generation
from runner.requests import SubmitRequest
from runner.store.store import Store
from runner.supervisor.errors import NotFound
from runner.supervisor.submission import base_directory
from runner.supervisor.work import Work
from spec.job import JobSpec, decode_job


def read_generation(store: Store, job_id: str, number: int) -> tuple[JobSpec, SubmitRequest]:
    """The resolved job of a generation, and the request it came from; of a deleted job too. Raises :class:`NotFound`."""
    if store.generation(job_id, number) is None:
        raise NotFound(f"the job {job_id} has no generation {number}")
    request = msgspec.json.decode(store.generation_source(job_id, number), type=SubmitRequest)
    return decode_job(store.generation_job(job_id, number)), request


def read_shown(store: Store, job_id: str, number: int) -> tuple[Generation, JobSpec]:
    """A generation and its resolved job, for who only looks. Raises :class:`NotFound`."""
    found = store.generation_with_job(job_id, number)
    if found is None:
        raise NotFound(f"the job {job_id} has no generation {number}")
    return found[0], decode_job(found[1])


def read_work(store: Store, job_id: str, number: int) -> Work:
    """What a generation runs."""
    spec, request = read_generation(store, job_id, number)
    return Work(job_id, number, spec, base_directory(request) or os.sep)
