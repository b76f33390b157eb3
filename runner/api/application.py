"""The Litestar application: all routes under one prefix, one way to fail."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.types import ASGIApp

from runner.api.access import require_scope
from runner.api.audit_hook import AuditHook
from runner.api.documentation.document import Document
from runner.api.endings import Endings
from runner.api.etags import Answer
from runner.api.gateway import Gateway
from runner.api.heads import Heads
from runner.api.idempotency import Idempotency, Recording
from runner.api.interruption import Interruption
from runner.api.job_file_bodies import JobFileRequest
from runner.api.problems import EXCEPTION_HANDLERS
from runner.api.request_checks import RequestChecks
from runner.api.routes import (
    audit,
    checkpoints,
    cluster,
    control,
    daemon,
    documentation,
    errors,
    executions,
    health,
    jobs,
    keys,
    observation,
    operations,
    queues,
    reload,
    workers,
)
from runner.bounds import MAXIMUM_BODY_BYTES
from runner.transport import API_PREFIX

ROUTES = (
    *documentation.ROUTES,
    *daemon.ROUTES,
    *health.ROUTES,
    *cluster.ROUTES,
    *jobs.ROUTES,
    *keys.ROUTES,
    *audit.ROUTES,
    *control.ROUTES,
    *checkpoints.ROUTES,
    *reload.ROUTES,
    *executions.ROUTES,
    *operations.ROUTES,
    *queues.ROUTES,
    *workers.ROUTES,
    *observation.ROUTES,
    *errors.ROUTES,
)


def build_application(gateway: Gateway) -> ASGIApp:
    """The API over ``gateway``; nothing is served yet."""
    document = Document(ROUTES)
    idempotency = Idempotency(gateway.repeats)
    application = Litestar(
        route_handlers=[Router(API_PREFIX, route_handlers=ROUTES)],
        dependencies={
            "gateway": Provide(lambda: gateway, sync_to_thread=False),
            "document": Provide(lambda: document, sync_to_thread=False),
        },
        exception_handlers=EXCEPTION_HANDLERS,
        guards=[require_scope],
        before_request=RequestChecks(gateway, idempotency).check,
        request_class=JobFileRequest,
        response_class=Answer,
        request_max_body_size=MAXIMUM_BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return Heads(Interruption(Endings(Recording(AuditHook(application, gateway), idempotency))))
