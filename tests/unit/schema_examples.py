# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the AWS CLI as the call that they make: split as by a shell, checked against the service's model."""

from __future__ import annotations

import base64
import json
import shlex
from typing import Any

from botocore import xform_name
from botocore.session import get_session
from botocore.validate import validate_parameters

MODEL = get_session().get_service_model("dynamodb")


def call(command: str) -> tuple[str, dict[str, Any]]:
    """The operation and its arguments, as version 2 of the AWS CLI understands the command."""
    aws, *words = shlex.split(command.replace("\\\n", ""))
    assert aws == "aws"
    return call_of(words)


def call_of(arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """The same of the arguments that a shell has given to C(aws)."""
    service, operation, *words = arguments
    assert service == "dynamodb"
    name = next(each for each in MODEL.operation_names if xform_name(each, "-") == operation)
    shape = MODEL.operation_model(name).input_shape
    members = {f"--{xform_name(member, '-')}": member for member in shape.members}
    found: dict[str, Any] = {}
    while words:
        option = words.pop(0)
        if option.startswith("--no-"):
            member = members[f"--{option.removeprefix('--no-')}"]
            assert shape.members[member].type_name == "boolean"
            found[member] = False
        else:
            kind = shape.members[members[option]].type_name
            found[members[option]] = _value(words.pop(0), kind)
    validate_parameters(found, shape)
    return name, found


def _value(word: str, kind: str) -> Any:
    if kind in ("map", "structure", "list"):
        return _binaries(json.loads(word))
    return int(word) if kind in ("integer", "long") else word


def _binaries(value: Any) -> Any:
    """Binary values are base64 in the JSON of a command."""
    if isinstance(value, dict) and set(value) == {"B"}:
        return {"B": base64.b64decode(value["B"], validate=True)}
    return {name: _binaries(each) for name, each in value.items()} if isinstance(value, dict) else value
