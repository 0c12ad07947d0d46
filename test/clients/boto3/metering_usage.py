"""AWS Marketplace Metering."""
import base64
import datetime
import json
import urllib.request

from case import case, check, refused
from client import ACCOUNT, metering, unique

errors = metering.exceptions


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@case("RegisterUsage answers with a signed token of product, key version and nonce")
def _():
    answer = metering.register_usage(ProductCode="abcdefgh", PublicKeyVersion=1, Nonce="a nonce")
    claims = claims_of(answer["Signature"])
    check.assertEqual((claims["productCode"], claims["publicKeyVersion"], claims["nonce"]), ("abcdefgh", 1, "a nonce"))
    with refused(errors.InvalidPublicKeyVersionException):
        metering.register_usage(ProductCode="abcdefgh", PublicKeyVersion=99)
    with refused(errors.InvalidProductCodeException):
        metering.register_usage(ProductCode="", PublicKeyVersion=1)


@case("MeterUsage records once an hour, and tells a repetition from a contradiction")
def _():
    request = {"ProductCode": unique("product"), "Timestamp": now(), "UsageDimension": "users"}
    first = metering.meter_usage(**request, UsageQuantity=3)["MeteringRecordId"]
    check.assertEqual(metering.meter_usage(**request, UsageQuantity=3)["MeteringRecordId"], first)
    with refused(errors.DuplicateRequestException):
        metering.meter_usage(**request, UsageQuantity=4)
    with refused(errors.ClientError):
        metering.meter_usage(**request, UsageQuantity=3, DryRun=True)
    with refused(errors.TimestampOutOfBoundsException):
        metering.meter_usage(**{**request, "Timestamp": now() - datetime.timedelta(hours=7)}, UsageQuantity=3)


@case("BatchMeterUsage answers for each record, allocations and tags included")
def _():
    allocations = [
        {"AllocatedUsageQuantity": 2, "Tags": [{"Key": "team", "Value": "a"}]},
        {"AllocatedUsageQuantity": 1, "Tags": [{"Key": "team", "Value": "b"}]},
    ]
    record = {
        "Timestamp": now(),
        "CustomerAWSAccountId": ACCOUNT,
        "Dimension": "users",
        "Quantity": 3,
        "UsageAllocations": allocations,
    }
    answer = metering.batch_meter_usage(ProductCode=unique("product"), UsageRecords=[record])
    check.assertEqual(answer["UnprocessedRecords"], [])
    (result,) = answer["Results"]
    check.assertEqual(result["Status"], "Success")
    check.assertEqual(result["UsageRecord"]["UsageAllocations"], allocations)
    check.assertEqual(result["UsageRecord"]["Timestamp"].timestamp(), int(record["Timestamp"].timestamp()))


@case("ResolveCustomer refuses a token that is not of this installation")
def _():
    with refused(errors.InvalidTokenException, "Registration token is invalid."):
        metering.resolve_customer(RegistrationToken="nothing")
