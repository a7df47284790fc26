# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's refusals: the envelope they come in, and the texts that several operations share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

DYNAMODB = "com.amazonaws.dynamodb.v20120810"
CORAL = "com.amazon.coral.service"
NAMESPACES = {
    "ValidationException": "com.amazon.coral.validate",
    "AccessDeniedException": CORAL,
    "SerializationException": CORAL,
    "UnknownOperationException": CORAL,
    "InternalFailure": CORAL,
}
INVALID = "One or more parameter values were invalid: "
IN_USE = "Attempt to change a resource which is still in use: "
LIMIT = "Subscriber limit exceeded: "


class ServiceError(Exception):
    """What AWS answers instead of a result. Every error of the caller is HTTP 400, never 404, 409 or 429."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    def envelope(self) -> dict[str, Any]:
        return {"__type": f"{NAMESPACES.get(self.code, DYNAMODB)}#{self.code}", "message": self.message}


def validation(text: str) -> ServiceError:
    return ServiceError("ValidationException", text)


def invalid(text: str) -> ServiceError:
    return validation(INVALID + text)


def in_use(detail: str) -> ServiceError:
    return ServiceError("ResourceInUseException", IN_USE + detail)


def limit(detail: str) -> ServiceError:
    return ServiceError("LimitExceededException", LIMIT + detail)


def throttled(text: str) -> ServiceError:
    return ServiceError("ThrottlingException", text)


def internal(text: str = "") -> ServiceError:
    """The few inputs at which AWS answers HTTP 500 every time; without a text it is an InternalFailure."""
    return ServiceError("InternalServerError" if text else "InternalFailure", text, 500)


def not_found(what: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"Requested resource not found: {what}")


def table_missing(name: str) -> ServiceError:
    return not_found(f"Table: {name} not found")


def arn_missing(arn: str) -> ServiceError:
    return not_found(f"ResourceArn: {arn} not found")


def index_missing(index: str, table: str) -> ServiceError:
    return not_found(f"Index {index} for table {table}")


def backed_up_table_missing(name: str) -> ServiceError:
    """The backup APIs have a not-found code of their own."""
    return ServiceError("TableNotFoundException", f"Table not found: {name}")


def being_created(table: str) -> ServiceError:
    return in_use(f"Table is being created: {table}")


def being_deleted(table: str) -> ServiceError:
    return in_use(f"Table is being deleted: {table}")


def iso(moment: float) -> str:
    """2026-10-08T23:07:38.207, as in the cool-down texts; some put a Z after it."""
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def long_date(moment: float) -> str:
    """Thursday, October 8, 2026 at 11:20:48 PM Coordinated Universal Time."""
    when = datetime.fromtimestamp(moment, UTC)
    return f"{when:%A, %B} {when.day}, {when.year} at {when.hour % 12 or 12}:{when:%M:%S %p} Coordinated Universal Time"
