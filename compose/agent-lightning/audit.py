"""Sums over the audit log, asked for as an auditor."""

from __future__ import annotations

import time

from fieldseal.channel import Channel
from fieldseal.configuration import Configuration
from fieldseal.connection import tls_context
from fieldseal.v1 import audit_pb2


def counts(configuration: Configuration, since: float, expected: dict[str, int], patience: float) -> dict[str, int]:
    """Successful items by operation since a Unix time; waits until the log, which follows the services, holds as many as expected."""
    context = tls_context(configuration.certificate, configuration.key, configuration.ca)
    channel = Channel(context, configuration.endpoints["audit"], "fieldseal.v1.Audit", patience)
    until = time.monotonic() + patience
    try:
        while True:
            found = {name: _count(channel, since, name) for name in expected}
            if time.monotonic() > until or all(found[name] >= least for name, least in expected.items()):
                return found
            time.sleep(0.2)
    finally:
        channel.close()


def _count(channel: Channel, since: float, operation: str) -> int:
    request = audit_pb2.QueryRequest(
        from_unix_us=int(since * 1e6),
        operations=[audit_pb2.Operation.Value(operation)],
        outcome=audit_pb2.OUTCOME_SUCCESS,
        page_size=1000,
    )
    count = 0
    while True:
        page = channel.call("Query", request, audit_pb2.QueryResponse)
        count += sum(stored.event.count for stored in page.events)
        if not page.cursor:
            return count
        request.cursor = page.cursor
