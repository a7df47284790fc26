# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old items to S3, checked there before their entry is marked, and back again. See docs/runbooks/archive.md.

C(parts) what is in an object; C(marks) the writes to the table, and when they are right; C(spool) what survives a kill;
C(store) S3; C(worker) the items of a segment; C(manifest); C(unarchiving) the way back.
"""

from __future__ import annotations
