# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the access patterns of a table and checks the answers. See docs/runbooks/exercise.md.

C(evaluation) what a condition says of an item; C(samples) the values that patterns are run with; C(checking) whether an
answer is right; C(generated) the generated code; C(exercising) one table; C(exercise_run) the module.
"""

from __future__ import annotations
