# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tables in the words of people: what is as it should be is counted where there are too many to read. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from .converge import Outcome
from .report import message
from .text import plan_heading, plan_lines, settings_lines, summary_lines

# So many tables are told one by one: plans, a line each where nothing is to be done, and settings, a dozen lines each.
# Of more, only those that are not as they should be, and of these no more than MOST_TOLD: a terminal keeps a thousand
# lines or two.
PLANS = 20
SETTINGS = 5
MOST_TOLD = 100
MOST_FAILURES = 20

Lines = Callable[[Outcome, str], list[str]]


def plan_text(outcomes: Sequence[Outcome], region: str) -> str:
    """The plans of all tables."""
    return _told(outcomes, region, PLANS, lambda outcome: outcome.in_sync, plan_lines, plan_heading)


def settings_text(outcomes: Sequence[Outcome], region: str) -> str:
    """A verification of all tables."""
    return _told(outcomes, region, SETTINGS, _right, settings_lines, _verified)


def summary_text(outcomes: Sequence[Outcome], region: str) -> str:
    """All tables as they are."""
    return _told(outcomes, region, SETTINGS, _right, summary_lines, _status)


def failures_text(failed: Sequence[Outcome], count: int) -> str:
    """Which tables failed, and why. count: of how many."""
    listed = [f"- {message(outcome)}" for outcome in failed[:MOST_FAILURES]]
    if len(failed) > MOST_FAILURES:
        others = ", ".join(outcome.name for outcome in failed[MOST_FAILURES:][:MOST_TOLD])
        listed.append(f"… and {len(failed) - MOST_FAILURES:,} more: {others}")
    return "\n".join([f"{len(failed):,} of {count:,} tables failed:", *listed])


def first_of(lines: Iterable[str], more: str) -> list[str]:
    """The first of many lines. more: what the others are, in words."""
    lines = list(lines)
    left = len(lines) - MOST_FAILURES
    return [*lines[:MOST_FAILURES], *([f"… and {left:,} {more}"] if left > 0 else [])]


def _told(
    outcomes: Sequence[Outcome],
    region: str,
    one_by_one: int,
    right: Callable[[Outcome], bool],
    lines: Lines,
    word: Callable[[Outcome], str],
) -> str:
    """How many, and those that are worth lines of their own.

    one_by_one: so many tables have them, whatever they are like. right: whether a table needs none where there are
    more. word: what the others are counted by.
    """
    told = list(outcomes)
    if len(told) > one_by_one:
        told = [outcome for outcome in told if not right(outcome)][:MOST_TOLD]
    text = [line for outcome in told for line in lines(outcome, region)]
    names = {outcome.name for outcome in told}
    counted = Counter(word(outcome) for outcome in outcomes if outcome.name not in names)
    if counted:
        words = ", ".join(f"{count:,} {text}" for text, count in counted.most_common())
        others = f"… and {counted.total():,} more tables" if told else f"{counted.total():,} tables"
        text.append(f"{others} ({region}): {words}")
    return "\n".join(text)


def _right(outcome: Outcome) -> bool:
    return outcome.verified or outcome.unread


def _verified(outcome: Outcome) -> str:
    return "changed, not read back" if outcome.unread else "as defined" if outcome.verified else "not as defined"


def _status(outcome: Outcome) -> str:
    if outcome.unread:
        return "changed, not read back"
    return outcome.state.status or "there" if outcome.state.exists else "not there"
