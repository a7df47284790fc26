# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the generated Python that tells when an item expires.

It stands alone there, so it repeats the rule of C(items/times.py); a test compares the two.
"""

from __future__ import annotations

MOMENT = '''\
_STAMP = re.compile(
    r"(\\d{4})-(\\d\\d)-(\\d\\d)"
    r"(?:[T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:[.,]\\d+)?)?\\s*(Z|[+-]\\d\\d(?::?\\d\\d)?)?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{1,16}(?:\\.[0-9]+)?")


def _moment(timestamp: str | float | datetime) -> datetime:
    """The moment in UTC, without fractions of a second. A time without a zone is UTC.

    Raises ValueError where the text is no ISO 8601 time.
    """
    if isinstance(timestamp, datetime):
        aware = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).replace(microsecond=0)
    if isinstance(timestamp, (int, float)) or _NUMBER.fullmatch(timestamp.strip()):
        number = int(float(timestamp))
        # As seconds these are years beyond 5138.
        return datetime.fromtimestamp(number // 1000 if number >= 100_000_000_000 else number, timezone.utc)
    found = _STAMP.fullmatch(timestamp.strip())
    if not found:
        raise ValueError("not an ISO 8601 time")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    # A leap second is the second after it.
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone.utc)
    zone = (found[7] or "Z").upper()
    east = timedelta()
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("no such time zone")
        east = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    return moment + timedelta(seconds=second - min(second, 59)) - east
'''

MONTHS = '''\
def _months_after(moment: datetime, months: int) -> datetime:
    """Calendar months later; a day that the month does not have is the first of the next month."""
    later = moment.month - 1 + months
    year, month = moment.year + later // 12, later % 12 + 1
    try:
        return moment.replace(year=year, month=month)
    except ValueError:
        if year > 9999:
            raise
        return moment.replace(year=year, month=month + 1, day=1)
'''
