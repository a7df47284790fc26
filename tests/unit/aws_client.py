# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boto3 client whose calls go to a service in memory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

import botocore.session
from botocore import xform_name

from .aws_shapes import REGION


class Service(Protocol):
    """Takes calls."""

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answers one call."""


@functools.cache
def service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


class FakeClient:
    """A boto3 client of the model."""

    class _Meta:
        endpoint_url = "http://127.0.0.1:1"
        region_name = REGION

    meta = _Meta()

    def __init__(self, model: Service, service: str):
        self.model, self.service = model, service
        names = service_model(service).operation_names
        self.methods = {xform_name(name): name for name in names}

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        return lambda **arguments: self.model.call(self.service, self.methods[method], arguments)

    def can_paginate(self, method: str) -> bool:
        return method in ("list_tables", "list_tags_of_resource", "list_backups")

    def get_paginator(self, method: str) -> Any:
        class Pages:
            def __init__(self, result: dict[str, Any]):
                self.result = result

            def build_full_result(self) -> dict[str, Any]:
                return self.result

        class Paginator:
            paginate = staticmethod(lambda **arguments: Pages(getattr(self, method)(**arguments)))

        return Paginator()
