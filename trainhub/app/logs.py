"""Logs: JSON lines with ids only, never bodies, names or uploaded file names."""

import logging
import sys
import time

from flask import Flask, Response, g, request

from trainhub.web.log import structlog


def configure(app: Flask) -> None:
    """Set up structlog and one line per request."""
    human = app.config["TRAINHUB_LOG"] == "human"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if app.config["TRAINHUB_LOG"] == "off":
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    log = structlog.get_logger("trainhub.request")

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def line(response: Response) -> Response:
        if request.endpoint != "static":
            log.info(
                "request", id=g.get("request_id", ""), method=request.method,
                rule=request.url_rule.rule if request.url_rule else "-", status=response.status_code,
                ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
                account=getattr(g.get("actor"), "account_id", None),
            )
        return response
