"""The DynamoDB tables of the application: their names, keys, items and queries.

The playbook document.yml of auditflow.dynamodb wrote this out of the definitions that the tables are made by. To
change it, change the definitions and run the playbook again. It needs nothing but Python 3.10.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypedDict

TABLES: Final = ("AuditFlow-Documents", "AuditFlow-AuditRecords")


class ProcessingStatus(str, Enum):
    """How far the processing of the document is."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class FileFormat(str, Enum):
    """The file's format."""

    PDF = "PDF"
    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"


class DocumentType(str, Enum):
    """What kind of document it is."""

    W2 = "W2"
    BANK_STATEMENT = "BANK_STATEMENT"
    TAX_FORM = "TAX_FORM"
    DRIVERS_LICENSE = "DRIVERS_LICENSE"
    ID_DOCUMENT = "ID_DOCUMENT"


class Status(str, Enum):
    """How far the audit is."""

    COMPLETED = "COMPLETED"
    IN_PROGRESS = "IN_PROGRESS"
    FAILED = "FAILED"


class RiskLevel(str, Enum):
    """The risk in four levels."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


def _number(value: float | Decimal) -> str:
    """A number as DynamoDB takes it."""
    return str(Decimal(str(value)))


def _text(value: str) -> str:
    """A text, or what a member of an enumeration stands for."""
    return str(value.value) if isinstance(value, Enum) else value


_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]+)?")


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


class AuditFlowDocuments:
    """Metadata of the loan documents that were uploaded, and the data extracted from them."""

    NAME: Final = "AuditFlow-Documents"
    PARTITION_KEY: Final = "document_id"
    SORT_KEY: Final = None

    class Index:
        """The names of its indexes."""

        # All documents of a loan application, by upload time.
        LOAN_APPLICATION_ID_UPLOAD_TIMESTAMP_INDEX: Final = "loan_application_id-upload_timestamp-index"
        # The audit queue, documents by status.
        PROCESSING_STATUS_UPLOAD_TIMESTAMP_INDEX: Final = "processing_status-upload_timestamp-index"

    class Item(TypedDict, total=False):
        """An item as boto3's resources give and take it."""

        # The document; the primary key.
        document_id: str
        # The loan application that the document belongs to.
        loan_application_id: str
        # When the document was uploaded. The archive to S3 Glacier is due 90 days later.
        upload_timestamp: str
        # How far the processing of the document is. One of ProcessingStatus.
        processing_status: str
        # The bucket that holds the original file.
        s3_bucket: str
        # The key of the original file in the bucket.
        s3_key: str
        # E-mail address of the person who uploaded the document.
        uploaded_by: str
        # The file's name as it was uploaded.
        file_name: str
        # The file's size in bytes. 1 to 50000000.
        file_size_bytes: Decimal
        # The file's format. One of FileFormat.
        file_format: str
        # SHA-256 of the file, in hexadecimal.
        checksum: str
        # What kind of document it is. One of DocumentType.
        document_type: str
        # How sure the classification of the document type is. 0 to 1.
        classification_confidence: Decimal
        # The fields read from the document; which ones depends on document_type.
        extracted_data: dict[str, Any]
        # When the fields were extracted.
        extraction_timestamp: str
        # Number of pages. 1 to 200.
        page_count: Decimal
        # Names of the extracted fields with a confidence under 80 %.
        low_confidence_fields: list[Any]
        # Whether a person has to look at the document.
        requires_manual_review: bool
        # Kinds of personal data found in the document.
        pii_detected: list[Any]
        # The KMS key that encrypts the file in S3.
        encryption_key_id: str
        # When DynamoDB deletes the item; 7 years after the upload.
        ttl: Decimal

    @staticmethod
    def create_parameters(table_name: str = NAME) -> dict[str, Any]:
        """Arguments of create_table of a boto3 client.

        What CreateTable does not take comes after it: UpdateTimeToLive, UpdateContinuousBackups.
        """
        return {
            "TableName": table_name,
            "KeySchema": [{"AttributeName": "document_id", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": "document_id", "AttributeType": "S"},
                {"AttributeName": "loan_application_id", "AttributeType": "S"},
                {"AttributeName": "processing_status", "AttributeType": "S"},
                {"AttributeName": "upload_timestamp", "AttributeType": "S"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "loan_application_id-upload_timestamp-index",
                    "KeySchema": [
                        {"AttributeName": "loan_application_id", "KeyType": "HASH"},
                        {"AttributeName": "upload_timestamp", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": "processing_status-upload_timestamp-index",
                    "KeySchema": [
                        {"AttributeName": "processing_status", "KeyType": "HASH"},
                        {"AttributeName": "upload_timestamp", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
            ],
            "SSESpecification": {
                "Enabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": "alias/auditflow-dynamodb-encryption",
            },
            "DeletionProtectionEnabled": True,
            "Tags": [{"Key": "Environment", "Value": "Production"}, {"Key": "Project", "Value": "AuditFlow-Pro"}],
        }

    @staticmethod
    def documents_of_loan_application(*, loan_application_id: str, table_name: str = NAME) -> dict[str, Any]:
        """All documents of a loan application, by upload time."""
        return {
            "TableName": table_name,
            "IndexName": "loan_application_id-upload_timestamp-index",
            "KeyConditionExpression": "#loan_application_id = :loan_application_id",
            "ExpressionAttributeNames": {"#loan_application_id": "loan_application_id"},
            "ExpressionAttributeValues": {":loan_application_id": {"S": loan_application_id}},
            "ScanIndexForward": True,
        }

    @staticmethod
    def documents_by_processing_status(
        *, processing_status: ProcessingStatus | str, table_name: str = NAME
    ) -> dict[str, Any]:
        """The audit queue; documents of a processing status, oldest first."""
        return {
            "TableName": table_name,
            "IndexName": "processing_status-upload_timestamp-index",
            "KeyConditionExpression": "#processing_status = :processing_status",
            "ExpressionAttributeNames": {"#processing_status": "processing_status"},
            "ExpressionAttributeValues": {":processing_status": {"S": _text(processing_status)}},
            "ScanIndexForward": True,
        }

    @staticmethod
    def documents_of_loan_application_in_date_range(
        *, loan_application_id: str, start: str, end: str, table_name: str = NAME
    ) -> dict[str, Any]:
        """Documents of a loan application that were uploaded between two times.

        start: The first upload time, ISO 8601.
        end: The last upload time, ISO 8601.
        """
        return {
            "TableName": table_name,
            "IndexName": "loan_application_id-upload_timestamp-index",
            "KeyConditionExpression": (
                "#loan_application_id = :loan_application_id AND #upload_timestamp BETWEEN :start AND :end"
            ),
            "ExpressionAttributeNames": {
                "#loan_application_id": "loan_application_id",
                "#upload_timestamp": "upload_timestamp",
            },
            "ExpressionAttributeValues": {
                ":loan_application_id": {"S": loan_application_id},
                ":start": {"S": start},
                ":end": {"S": end},
            },
            "ScanIndexForward": True,
        }

    @staticmethod
    def documents_of_loan_application_by_type(
        *, loan_application_id: str, document_type: DocumentType | str, table_name: str = NAME
    ) -> dict[str, Any]:
        """Documents of a loan application that are of one document type."""
        return {
            "TableName": table_name,
            "IndexName": "loan_application_id-upload_timestamp-index",
            "KeyConditionExpression": "#loan_application_id = :loan_application_id",
            "FilterExpression": "#document_type = :document_type",
            "ExpressionAttributeNames": {
                "#loan_application_id": "loan_application_id",
                "#document_type": "document_type",
            },
            "ExpressionAttributeValues": {
                ":loan_application_id": {"S": loan_application_id},
                ":document_type": {"S": _text(document_type)},
            },
            "ScanIndexForward": True,
        }

    @staticmethod
    def expires_at(timestamp: str | datetime) -> int:
        """The value of ttl, Unix seconds: 7 years after upload_timestamp.

        Raises ValueError where that is no time.
        """
        return int(_months_after(_moment(timestamp), 84).timestamp())

    # Each gives the arguments of query of a boto3 client.
    ACCESS_PATTERNS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
        "documents_of_loan_application": documents_of_loan_application,
        "documents_by_processing_status": documents_by_processing_status,
        "documents_of_loan_application_in_date_range": documents_of_loan_application_in_date_range,
        "documents_of_loan_application_by_type": documents_of_loan_application_by_type,
    }


class AuditFlowAuditRecords:
    """Results of the audits of loan applications, with their risk scores."""

    NAME: Final = "AuditFlow-AuditRecords"
    PARTITION_KEY: Final = "audit_record_id"
    SORT_KEY: Final = None

    class Index:
        """The names of its indexes."""

        # The audit history of a loan application, newest first.
        LOAN_APPLICATION_ID_AUDIT_TIMESTAMP_INDEX: Final = "loan_application_id-audit_timestamp-index"
        # The high-risk queue, audits of a status with a risk score at or over a threshold, which is a range on the sort
        # key. The name is historical and stays because the application queries the index by it; the keys are these.
        RISK_SCORE_AUDIT_TIMESTAMP_INDEX: Final = "risk_score-audit_timestamp-index"
        # Audits by status, by time.
        STATUS_AUDIT_TIMESTAMP_INDEX: Final = "status-audit_timestamp-index"

    class Item(TypedDict, total=False):
        """An item as boto3's resources give and take it."""

        # The audit record; the primary key.
        audit_record_id: str
        # The loan application that was audited.
        loan_application_id: str
        # When the audit was made.
        audit_timestamp: str
        # The risk. 0 to 100.
        risk_score: Decimal
        # How far the audit is. One of Status.
        status: str
        # Name of the applicant.
        applicant_name: str
        # How long the audit took. 0 to 900.
        processing_duration_seconds: Decimal
        # The documents that were audited.
        documents: list[Any]
        # The values that the audit takes as true, put together from all documents.
        golden_record: dict[str, Any]
        # Where documents contradict each other.
        inconsistencies: list[Any]
        # The risk in four levels. One of RiskLevel.
        risk_level: str
        # What the risk score is made of.
        risk_factors: list[Any]
        # The alerts that the audit raised.
        alerts_triggered: list[Any]
        # Who reviewed the audit.
        reviewed_by: str
        # When the audit was reviewed.
        review_timestamp: str
        # What the reviewer wrote.
        review_notes: str
        # Whether the record was archived. An archived record keeps its entry in the table.
        archived: bool
        # When the record was archived.
        archive_timestamp: str
        # When DynamoDB deletes the item; 7 years after the audit.
        ttl: Decimal

    @staticmethod
    def create_parameters(table_name: str = NAME) -> dict[str, Any]:
        """Arguments of create_table of a boto3 client.

        What CreateTable does not take comes after it: UpdateTimeToLive, UpdateContinuousBackups.
        """
        return {
            "TableName": table_name,
            "KeySchema": [{"AttributeName": "audit_record_id", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": "audit_record_id", "AttributeType": "S"},
                {"AttributeName": "audit_timestamp", "AttributeType": "S"},
                {"AttributeName": "loan_application_id", "AttributeType": "S"},
                {"AttributeName": "risk_score", "AttributeType": "N"},
                {"AttributeName": "status", "AttributeType": "S"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "loan_application_id-audit_timestamp-index",
                    "KeySchema": [
                        {"AttributeName": "loan_application_id", "KeyType": "HASH"},
                        {"AttributeName": "audit_timestamp", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": "risk_score-audit_timestamp-index",
                    "KeySchema": [
                        {"AttributeName": "status", "KeyType": "HASH"},
                        {"AttributeName": "risk_score", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": "status-audit_timestamp-index",
                    "KeySchema": [
                        {"AttributeName": "status", "KeyType": "HASH"},
                        {"AttributeName": "audit_timestamp", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
            ],
            "SSESpecification": {
                "Enabled": True,
                "SSEType": "KMS",
                "KMSMasterKeyId": "alias/auditflow-dynamodb-encryption",
            },
            "DeletionProtectionEnabled": True,
            "Tags": [{"Key": "Environment", "Value": "Production"}, {"Key": "Project", "Value": "AuditFlow-Pro"}],
        }

    @staticmethod
    def audits_of_loan_application(*, loan_application_id: str, table_name: str = NAME) -> dict[str, Any]:
        """The audit history of a loan application, newest first."""
        return {
            "TableName": table_name,
            "IndexName": "loan_application_id-audit_timestamp-index",
            "KeyConditionExpression": "#loan_application_id = :loan_application_id",
            "ExpressionAttributeNames": {"#loan_application_id": "loan_application_id"},
            "ExpressionAttributeValues": {":loan_application_id": {"S": loan_application_id}},
            "ScanIndexForward": False,
        }

    @staticmethod
    def high_risk_audits(*, status: Status | str, threshold: float | Decimal, table_name: str = NAME) -> dict[str, Any]:
        """The high-risk queue; audits of a status with a risk score at or above a threshold, highest first.

        threshold: The lowest risk score, 0 to 100.
        """
        return {
            "TableName": table_name,
            "IndexName": "risk_score-audit_timestamp-index",
            "KeyConditionExpression": "#status = :status AND #risk_score >= :threshold",
            "ExpressionAttributeNames": {"#status": "status", "#risk_score": "risk_score"},
            "ExpressionAttributeValues": {":status": {"S": _text(status)}, ":threshold": {"N": _number(threshold)}},
            "ScanIndexForward": False,
        }

    @staticmethod
    def audits_by_status_in_date_range(
        *, status: Status | str, start: str, end: str, table_name: str = NAME
    ) -> dict[str, Any]:
        """Audits of a status that were made between two times.

        start: The first audit time, ISO 8601.
        end: The last audit time, ISO 8601.
        """
        return {
            "TableName": table_name,
            "IndexName": "status-audit_timestamp-index",
            "KeyConditionExpression": "#status = :status AND #audit_timestamp BETWEEN :start AND :end",
            "ExpressionAttributeNames": {"#status": "status", "#audit_timestamp": "audit_timestamp"},
            "ExpressionAttributeValues": {":status": {"S": _text(status)}, ":start": {"S": start}, ":end": {"S": end}},
            "ScanIndexForward": True,
        }

    @staticmethod
    def expires_at(timestamp: str | datetime) -> int:
        """The value of ttl, Unix seconds: 7 years after audit_timestamp.

        Raises ValueError where that is no time.
        """
        return int(_months_after(_moment(timestamp), 84).timestamp())

    # Each gives the arguments of query of a boto3 client.
    ACCESS_PATTERNS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
        "audits_of_loan_application": audits_of_loan_application,
        "high_risk_audits": high_risk_audits,
        "audits_by_status_in_date_range": audits_by_status_in_date_range,
    }
