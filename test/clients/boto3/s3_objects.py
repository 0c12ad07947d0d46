"""Objects in one piece."""
import base64
import datetime
import hashlib
import io
import zlib

from botocore.config import Config
from case import case, check, refused
from client import ADMIN, s3, unique

errors = s3.exceptions

BUCKET = unique("bucket")
s3_is_ready = []


def bucket():
    """One bucket for all cases here: each has its own key."""
    if not s3_is_ready:
        s3.create_bucket(Bucket=BUCKET)
        s3_is_ready.append(True)
    return BUCKET


def put(body=b"0123456789", **more):
    key = unique("object")
    s3.put_object(Bucket=bucket(), Key=key, Body=body, **more)
    return {"Bucket": BUCKET, "Key": key}


@case("an object comes back with its bytes, headers and metadata")
def _():
    expires = datetime.datetime(2031, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    at = put(
        b"\x00\xff" * 1000,
        ContentType="text/x-test; charset=utf-8",
        CacheControl="no-cache",
        ContentDisposition='attachment; filename="a b.txt"',
        ContentLanguage="de",
        ContentEncoding="identity",
        Expires=expires,
        Metadata={"plain": "value", "mixed-case": "Ab C"},
    )
    for got in (s3.get_object(**at), s3.head_object(**at)):
        check.assertEqual((got["ContentLength"], got["ContentType"]), (2000, "text/x-test; charset=utf-8"))
        check.assertEqual((got["CacheControl"], got["ContentLanguage"]), ("no-cache", "de"))
        check.assertEqual(got["ContentDisposition"], 'attachment; filename="a b.txt"')
        check.assertEqual(got["Metadata"], {"plain": "value", "mixed-case": "Ab C"})
        check.assertEqual(got["ETag"], f'"{hashlib.md5(bytes([0, 255]) * 1000).hexdigest()}"')
        check.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - got["LastModified"]).total_seconds()), 60)
    check.assertEqual(s3.get_object(**at)["Body"].read(), b"\x00\xff" * 1000)
    s3.get_waiter("object_exists").wait(**at, WaiterConfig={"Delay": 1, "MaxAttempts": 2})


@case("keys of any characters are written, read, listed and deleted")
def _():
    prefix = unique("k")
    keys = [f"{prefix}/{rest}" for rest in ("a b", "a+b", "a%20b", "ä/ö/ü", "日本語", "🌋", "a&b=c?d#e", "../x/./y", "//", "~'()*!", "é")]
    for key in keys:
        s3.put_object(Bucket=bucket(), Key=key, Body=key.encode())
    for key in keys:
        check.assertEqual(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode(), key)
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    check.assertEqual(listed, sorted(keys, key=str.encode))
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    check.assertCountEqual([entry["Key"] for entry in deleted["Deleted"]], keys)
    check.assertEqual(s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"], 0)


@case("ranges are answered as asked")
def _():
    at = put()
    for asked, body, shown in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=9-100", b"9", "bytes 9-9/10"),
    ):
        got = s3.get_object(**at, Range=asked)
        check.assertEqual((got["Body"].read(), got["ContentRange"]), (body, shown))
        check.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
    with refused(errors.ClientError, "range is not satisfiable"):
        s3.get_object(**at, Range="bytes=10-")


@case("conditions of reads and writes are kept")
def _():
    at = put()
    etag = s3.head_object(**at)["ETag"]
    check.assertEqual(s3.get_object(**at, IfMatch=etag)["Body"].read(), b"0123456789")
    for condition, status in (
        ({"IfMatch": '"other"'}, 412),
        ({"IfUnmodifiedSince": datetime.datetime(2001, 1, 1)}, 412),
        ({"IfNoneMatch": etag}, 304),
        ({"IfModifiedSince": datetime.datetime.now(datetime.timezone.utc)}, 304),
    ):
        with check.assertRaises(errors.ClientError) as raised:
            s3.get_object(**at, **condition)
        check.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], status, condition)
    with refused(errors.ClientError, "pre-conditions"):
        s3.put_object(**at, Body=b"new", IfNoneMatch="*")
    s3.put_object(**at, Body=b"new", IfMatch=etag)
    with refused(errors.ClientError, "pre-conditions"):
        s3.put_object(**at, Body=b"newer", IfMatch=etag)


@case("each checksum algorithm of boto3 is verified, kept and shown")
def _():
    body = b"checked"
    crc32 = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    sha1 = base64.b64encode(hashlib.sha1(body).digest()).decode()
    sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    for algorithm, value in (("CRC32", crc32), ("SHA1", sha1), ("SHA256", sha256)):
        at = put(body, ChecksumAlgorithm=algorithm)
        got = s3.get_object(**at, ChecksumMode="ENABLED")
        check.assertEqual(got[f"Checksum{algorithm}"], value)
        check.assertEqual(got["ChecksumType"], "FULL_OBJECT")
        check.assertEqual(got["Body"].read(), body)
        check.assertEqual(s3.head_object(**at, ChecksumMode="ENABLED")[f"Checksum{algorithm}"], value)
    # boto3 sends what did not arrive whole again, four times.
    once = ADMIN.client("s3", config=Config(retries={"max_attempts": 0}))
    for wrong in ({"ChecksumSHA256": base64.b64encode(bytes(32)).decode()}, {"ContentMD5": base64.b64encode(bytes(16)).decode()}):
        key = unique("object")
        with check.assertRaises(errors.ClientError) as raised:
            once.put_object(Bucket=BUCKET, Key=key, Body=body, **wrong)
        check.assertEqual(raised.exception.response["Error"]["Code"], "BadDigest")
        with refused(errors.NoSuchKey):
            s3.get_object(Bucket=BUCKET, Key=key)


@case("an object of an open file and an empty one are uploaded")
def _():
    content = bytes(range(256)) * 4096
    at = put(io.BytesIO(content))
    check.assertEqual(s3.get_object(**at)["Body"].read(), content)
    empty = put(b"")
    check.assertEqual((s3.get_object(**empty)["Body"].read(), s3.head_object(**empty)["ContentLength"]), (b"", 0))


@case("an answer is read line by line and in pieces")
def _():
    at = put("\n".join(f"line {number}" for number in range(1000)).encode())
    lines = list(s3.get_object(**at)["Body"].iter_lines())
    check.assertEqual((len(lines), lines[-1]), (1000, b"line 999"))
    pieces = list(s3.get_object(**at)["Body"].iter_chunks(1000))
    check.assertEqual(b"".join(pieces).count(b"\n"), 999)


@case("the headers of an answer are overridden by the request")
def _():
    got = s3.get_object(**put(), ResponseContentType="text/csv", ResponseCacheControl="max-age=1")
    check.assertEqual((got["ContentType"], got["CacheControl"]), ("text/csv", "max-age=1"))


@case("a copy takes bytes and metadata with it, or new metadata when told")
def _():
    source = put(b"copied", Metadata={"a": "1"}, ContentType="text/plain")
    target = {"Bucket": BUCKET, "Key": f"{source['Key']}/ü +copy"}
    result = s3.copy_object(**target, CopySource=source)["CopyObjectResult"]
    got = s3.get_object(**target)
    check.assertEqual((got["Body"].read(), got["Metadata"], got["ETag"]), (b"copied", {"a": "1"}, result["ETag"]))
    s3.copy_object(**source, CopySource=target, Metadata={"b": "2"}, MetadataDirective="REPLACE")
    check.assertEqual(s3.head_object(**source)["Metadata"], {"b": "2"})
    with refused(errors.ClientError):
        s3.copy_object(**source, CopySource=source)
    with refused(errors.NoSuchKey):
        s3.copy_object(**target, CopySource={"Bucket": BUCKET, "Key": "none"})


@case("what is not there is NoSuchKey, and deleting it is no mistake")
def _():
    at = put()
    s3.delete_object(**at)
    s3.delete_object(**at)
    with refused(errors.NoSuchKey):
        s3.get_object(**at)
    with refused(errors.ClientError, "Not Found"):
        s3.head_object(**at)
    s3.get_waiter("object_not_exists").wait(**at, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
