# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which KMS key an SSESpecification means, and what AWS says of keys that will not do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .errors import ServiceError, internal, validation
from .world import Call


def key_arn(call: Call, sse: Mapping[str, Any]) -> str | None:
    """The ARN of the wanted key; None for the key that AWS owns. Bad keys are refused at once."""
    if not sse.get("Enabled", bool(sse)):
        return None
    name = sse.get("KMSMasterKeyId")
    if name is None:
        return call.world.keys.managed(call.region.account, call.region.name)
    key = call.world.keys.find(call.region.account, call.region.name, name)
    if key is None:
        raise _missing(call, name)
    if key.state == "Disabled":
        raise _kms("KMS key disabled error", "DisabledException", f"{key.arn} is disabled.")
    if key.state != "Enabled":
        raise _kms("KMS validation error", "KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.symmetric:
        raise internal(
            "KMS validation error: com.amazonaws.services.kms.model.InvalidKeyUsageException: "
            f"{key.arn} key usage is not ENCRYPT_DECRYPT with a symmetric key."
        )
    return key.arn


def _missing(call: Call, name: str) -> ServiceError:
    arn = f"arn:aws:kms:{call.region.name}:{call.region.account}:"
    full = name if name.startswith("arn:") else arn + (name if name.startswith("alias/") else f"key/{name}")
    text = f"Alias {full} is not found." if ":alias/" in full else f"Key '{full}' does not exist"
    return _kms("KMS validation error", "NotFoundException", text)


def _kms(prefix: str, error: str, text: str) -> ServiceError:
    return validation(
        f"{prefix}: com.amazonaws.services.kms.model.{error}: {text} (Service: AWSKMS; Status Code: 400; "
        f"Error Code: {error}; Request ID: {uuid.uuid4()}; Proxy: null)"
    )
