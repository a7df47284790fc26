# Copyright: Contributors to the auditflow.dynamodb collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS's refusals mean and what to do about them. Pure.

Codes and texts are those of the service; texts carry names and times, so they are matched by what is constant in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """How a refusal is met.

    BUSY: AWS is at work on the table or wants fewer calls: try again. MOVED: the table is not as it was read, or is as
    wanted already: read it again. LATER: a quota is spent: only time helps. DENIED: a permission is missing.
    UNSUPPORTED: the service, or the emulator, does not know the call. UNREACHABLE: nobody answered.
    FINAL: everything else, told as it came.
    """

    BUSY = "busy"
    MOVED = "moved"
    LATER = "later"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    UNREACHABLE = "unreachable"
    FINAL = "final"


@dataclass(frozen=True)
class Rule:
    """One class of refusals: code and text are regular expressions searched for in the answer.

    momentary: whether the next moment may do. lost: whether AWS may have done what it was asked all the same.
    """

    kind: Kind
    code: str
    text: str
    advice: str
    momentary: bool = False
    lost: bool = False


# First match wins. Sources: API reference "Common errors" and each operation's errors; texts measured.
RULES: tuple[Rule, ...] = (
    Rule(Kind.MOVED, "ResourceInUse", "Table already exists|Table is being (created|deleted)", "Run it again."),
    Rule(Kind.MOVED, "ResourceInUse", "Cannot (enable|create) stream|already has an enabled stream", "Run it again."),
    Rule(Kind.FINAL, "ResourceInUse", "Global table with name", "Correct the definition."),
    # What a restore answers where another run, or an attempt whose answer was lost, was there before.
    Rule(Kind.MOVED, "TableInUse|TableAlreadyExists", "already (being restored|exists)", "Run it again."),
    Rule(Kind.BUSY, "ResourceInUse|TableInUse|BackupInUse", "", "Wait until the table is ACTIVE and run it again."),
    Rule(Kind.BUSY, "ContinuousBackupsUnavailable", "", "AWS is still enabling backups for the table: run it again."),
    Rule(
        Kind.BUSY,
        "LimitExceeded",
        "Table tags are being updated|online index|restore operations|simultaneously",
        "Too much at once in this account: run it again.",
    ),
    Rule(
        Kind.LATER,
        "LimitExceeded",
        "decreases are limited|Encryption mode changes are limited|are limited to",
        "The quota is spent; the text above says when it is free again. Run it again then.",
    ),
    Rule(
        Kind.FINAL,
        "(?<!Request)LimitExceeded",
        "",
        "A quota of the account stands in the way: raise it, or ask for less.",
    ),
    Rule(Kind.FINAL, "PointInTimeRecoveryUnavailable", "", "Turn point-in-time recovery on (pitr) and run it again."),
    Rule(Kind.FINAL, "InvalidRestoreTime", "", "Choose a time between those two."),
    Rule(Kind.FINAL, "InvalidExportTime", "", "Choose other times: docs/runbooks/export.md says which AWS takes."),
    Rule(
        Kind.FINAL,
        "ExportConflict|ImportConflict|IdempotentParameterMismatch",
        "",
        "Somebody else has asked for the same in other words within the last eight hours.",
    ),
    Rule(
        Kind.LATER,
        "Validation",
        "Time to live has been modified multiple times",
        "AWS takes one TTL change per table and hour (half an hour, as measured): run it again in an hour.",
    ),
    Rule(
        Kind.MOVED,
        "Validation",
        "TimeToLive is (already|active on a different)|already has an enabled stream|has no stream to disable"
        "|will not change|already encrypted|already set to the desired|create an index which already exists"
        # A plan has what its billing mode needs: these come when another run has switched it since.
        "|Throughput (is not|must be|should not be) specified for index|when TableThroughputMode is",
        "The table changed meanwhile: run it again.",
    ),
    # A read only; the table's status tells what to wait for.
    Rule(Kind.MOVED, "Validation", "Cannot describe time to live while", "Wait until the table is ACTIVE."),
    Rule(
        Kind.BUSY,
        "Validation",
        "not in a valid state to|server-side encryption status is in UPDATING|while the replica is being added",
        "Wait until the table has settled and run it again.",
    ),
    Rule(
        Kind.LATER,
        "Validation",
        "has acted as a source region",
        "AWS keeps a region that a replica was made from for 24 hours: run it again then.",
    ),
    Rule(Kind.FINAL, "Validation", "protected against deletion", "Turn deletion protection off first."),
    Rule(Kind.FINAL, "Validation", "KMS", "Check the key: it must exist in this region, be enabled and symmetric."),
    Rule(Kind.FINAL, "Validation", "", "Correct the definition."),
    Rule(
        Kind.UNSUPPORTED,
        "^500$",
        "HTML page",
        "What answers here has no such call: it is an emulator, not AWS. Leave the setting out.",
    ),
    Rule(
        Kind.BUSY,
        "Throttl|ThroughputExceeded|RequestLimitExceeded|TooManyRequests|SlowDown|BandwidthLimit",
        "",
        "AWS is overloaded or wants fewer calls: run it again.",
        momentary=True,
    ),
    Rule(
        Kind.BUSY,
        "^50[02-4]$|InternalServer|InternalFailure|InternalError|ServiceUnavailable|RequestTimeout|PriorRequest",
        "",
        "AWS is overloaded or wants fewer calls: run it again.",
        momentary=True,
        lost=True,
    ),
    Rule(Kind.MOVED, "ResourceNotFound|TableNotFound|IndexNotFound|^ResourceNotFound$", "", "Run it again."),
    Rule(
        Kind.UNSUPPORTED,
        "UnknownOperation|NotImplemented|^501$",
        "",
        "What answers here does not know this call; an emulator may lack it. Leave the setting out.",
    ),
    Rule(
        Kind.FINAL,
        "UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature",
        "",
        "The credentials are not valid here: check AWS_PROFILE or the access key, and the region.",
    ),
    Rule(Kind.FINAL, "ExpiredToken", "", "The session has expired: sign in again."),
)


# "User: arn:… is not authorized to perform: kms:CreateGrant on resource: arn:… because no identity-based policy …",
# alone or inside another service's text.
DENIAL = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>[^\s,]+))?")
KEY_DENIALS = ("KMS key access denied", "refers to a customer master key", "The ciphertext refers to")


@dataclass(frozen=True)
class Denial:
    """A permission that is missing. action, resource: as AWS names them; empty where it does not say."""

    action: str = ""
    resource: str = ""

    @classmethod
    def of(cls, text: str) -> Denial:
        """What AWS's text says of it."""
        found = DENIAL.search(text)
        return cls(found["action"], (found["resource"] or "").strip('".')) if found else cls()

    def advice(self, asked: str, text: str) -> str:
        """What to allow. asked: the permission of the call itself, for texts that name none."""
        if not self.action and any(sign in text for sign in KEY_DENIALS):
            needed = "kms:CreateGrant, kms:DescribeKey, kms:Decrypt and the others that a customer key needs"
            return f"Missing permission on the KMS key; AWS does not say which. Allow {needed}, and see its key policy."
        resource = self.resource or "this resource"
        return f"Missing permission: {self.action or asked}. Allow it for these credentials on {resource}."


def classify(code: str, text: str) -> Rule:
    """The rule for an error code and its text; unknown ones are final and told verbatim."""
    for rule in RULES:
        if re.search(rule.code, code) and re.search(rule.text, text, re.IGNORECASE):
            return rule
    return Rule(Kind.FINAL, "", "", "")


class AwsError(Exception):
    """AWS, or the way to it, refused a call.

    asked: what was asked, in words. code, text: the answer, verbatim. kind, advice: what it means and what to do.
    momentary: whether the next moment may do. lost: whether AWS may have done it all the same.
    answer: the whole of the answer, for the operations that tell more in it.
    """

    def __init__(
        self,
        asked: str,
        code: str,
        text: str,
        kind: Kind,
        advice: str,
        momentary: bool = False,
        lost: bool = False,
        answer: Mapping[str, Any] | None = None,
    ):
        self.asked, self.code, self.text, self.kind, self.advice = asked, code, text, kind, advice
        self.momentary, self.lost, self.answer = momentary, lost, answer or {}
        told = text or "no reason was given"
        super().__init__(f"{asked}: {code}: {told}{'' if told.endswith('.') else '.'} {advice}".strip())

    def with_note(self, note: str, lost: bool = False) -> AwsError:
        """The same, with a sentence before its advice. lost: whether an earlier call of the same may have been done."""
        advice, lost = f"{note} {self.advice}".strip(), self.lost or lost
        return AwsError(self.asked, self.code, self.text, self.kind, advice, self.momentary, lost, self.answer)


class WaitTimeoutError(Exception):
    """The deadline passed. C(what) says what was still going on."""

    def __init__(self, what: str, seconds: float):
        self.what = what
        super().__init__(
            f"after {seconds:.0f} seconds {what}. Nothing is lost: run it again, or give a longer wait_timeout"
        )


class StuckError(Exception):
    """What is waited for cannot come by waiting."""


class RefusedError(Exception):
    """A plan holds refusals. C(refusals) lists them."""

    def __init__(self, refusals: tuple[object, ...]):
        self.refusals = refusals
        super().__init__("; ".join(str(refusal) for refusal in refusals))
