# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

COMMON: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("unit", max_examples=100, derandomize=True, **COMMON)
# For a long look: pytest tests/unit/test_properties.py --hypothesis-profile=search
settings.register_profile("search", max_examples=3000, **COMMON)
settings.load_profile("unit")
