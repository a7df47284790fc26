# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a table, in the order in which plans and verifications list them.

A new DynamoDB feature is a new file here and one line in this list.
"""

from __future__ import annotations

from typing import Any

from .base import Setting
from .billing import BillingSetting
from .encryption import EncryptionSetting
from .global_indexes import GlobalIndexesSetting
from .keys import KeysSetting
from .local_indexes import LocalIndexesSetting
from .pitr import PitrSetting
from .protection import ProtectionSetting
from .stream import StreamSetting
from .table_class import TableClassSetting
from .tags import TagsSetting
from .ttl import TtlSetting
from .warm import WarmSetting

SETTINGS: dict[str, Setting[Any]] = {
    setting.name: setting
    for setting in (
        KeysSetting(),
        BillingSetting(),
        WarmSetting(),
        LocalIndexesSetting(),
        GlobalIndexesSetting(),
        EncryptionSetting(),
        TableClassSetting(),
        StreamSetting(),
        TtlSetting(),
        PitrSetting(),
        ProtectionSetting(),
        TagsSetting(),
    )
}
