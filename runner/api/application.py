"""The Litestar application: all routes under one prefix, one way to fail."""

from __future__ import annotations

import importlib.metadata

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from runner.api.access import require_scope
from runner.api.faults import check_body
from runner.api.gateway import Gateway
from runner.api.problems import EXCEPTION_HANDLERS
from runner.api.routes import checkpoints, control, daemon, errors, executions, jobs, keys, observation, queues, workers
from runner.bounds import MAXIMUM_BODY_BYTES
from runner.transport import API_PREFIX

ROUTES = (
    *daemon.ROUTES,
    *jobs.ROUTES,
    *keys.ROUTES,
    *control.ROUTES,
    *checkpoints.ROUTES,
    *executions.ROUTES,
    *queues.ROUTES,
    *workers.ROUTES,
    *observation.ROUTES,
    *errors.ROUTES,
)


def build_application(gateway: Gateway) -> Litestar:
    """The API over ``gateway``; nothing is served yet."""
    return Litestar(
        route_handlers=[Router(API_PREFIX, route_handlers=ROUTES)],
        dependencies={"gateway": Provide(lambda: gateway, sync_to_thread=False)},
        exception_handlers=EXCEPTION_HANDLERS,
        guards=[require_scope],
        before_request=check_body,
        request_max_body_size=MAXIMUM_BODY_BYTES,
        openapi_config=_describe(),
        logging_config=None,
        debug=False,
    )


def _describe() -> OpenAPIConfig:
    # Only the document: the interactive pages would load scripts from elsewhere.
    return OpenAPIConfig(
        title="flowdeck",
        version=importlib.metadata.version("flowdeck"),
        path=f"{API_PREFIX}/openapi.json",
        render_plugins=[JsonRenderPlugin()],
    )
