"""Objects in parts."""
import io
import os
import tempfile

from boto3.s3.transfer import TransferConfig
from case import case, check, refused
from client import s3, unique

errors = s3.exceptions
MIB = 1024 * 1024
LOW = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)


def target():
    bucket = unique("bucket")
    s3.create_bucket(Bucket=bucket)
    return {"Bucket": bucket, "Key": "päck/age +1"}


@case("a file above the threshold is uploaded in parts and downloaded in ranges")
def _():
    at, content = target(), os.urandom(11 * MIB + 7)
    with tempfile.TemporaryDirectory() as folder:
        source, copy = (os.path.join(folder, name) for name in ("source", "copy"))
        with open(source, "wb") as file:
            file.write(content)
        sent = []
        s3.upload_file(
            source, at["Bucket"], at["Key"], Config=LOW, Callback=sent.append, ExtraArgs={"Metadata": {"a": "1"}}
        )
        check.assertEqual(sum(sent), len(content))
        head = s3.head_object(**at)
        check.assertTrue(head["ETag"].endswith('-3"'))
        check.assertEqual((head["ContentLength"], head["Metadata"]), (len(content), {"a": "1"}))
        s3.download_file(at["Bucket"], at["Key"], copy, Config=LOW)
        with open(copy, "rb") as file:
            check.assertTrue(file.read() == content)


class Unseekable(io.RawIOBase):
    """A stream whose length nobody knows before its end."""

    def __init__(self, content):
        self.rest = io.BytesIO(content)

    def readable(self):
        return True

    def seekable(self):
        return False

    def readinto(self, buffer):
        return self.rest.readinto(buffer)


@case("streams that cannot be read twice are uploaded, in one piece and in parts")
def _():
    for size in (1000, 6 * MIB):
        at, content = target(), os.urandom(size)
        s3.upload_fileobj(Unseekable(content), at["Bucket"], at["Key"], Config=LOW)
        got = io.BytesIO()
        s3.download_fileobj(at["Bucket"], at["Key"], got)
        check.assertTrue(got.getvalue() == content)


@case("parts in any order become the object by their numbers")
def _():
    at = target()
    source = {"Bucket": at["Bucket"], "Key": "source"}
    s3.put_object(**source, Body=b"c" * 100)
    upload = s3.create_multipart_upload(**at, ContentType="text/x-parts", ChecksumAlgorithm="CRC32")["UploadId"]
    listed = s3.list_multipart_uploads(Bucket=at["Bucket"])["Uploads"]
    check.assertEqual([(entry["Key"], entry["UploadId"]) for entry in listed], [(at["Key"], upload)])
    part = {**at, "UploadId": upload}
    second = s3.upload_part(**part, PartNumber=2, Body=b"b" * 5 * MIB, ChecksumAlgorithm="CRC32")
    first = s3.upload_part(**part, PartNumber=1, Body=b"a" * 5 * MIB, ChecksumAlgorithm="CRC32")
    third = s3.upload_part_copy(**part, PartNumber=3, CopySource=source, CopySourceRange="bytes=10-19")
    pages = s3.get_paginator("list_parts").paginate(**part, PaginationConfig={"PageSize": 2})
    parts = [entry for page in pages for entry in page["Parts"]]
    check.assertEqual([(entry["PartNumber"], entry["Size"]) for entry in parts], [(1, 5 * MIB), (2, 5 * MIB), (3, 10)])
    check.assertEqual(parts[0]["ETag"], first["ETag"])
    answers = (first, second, third["CopyPartResult"])
    chosen = [
        {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]}
        for number, answer in enumerate(answers, 1)
    ]
    with refused(errors.ClientError):
        s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [*reversed(chosen)]})
    with refused(errors.NoSuchKey):
        s3.get_object(**at)
    done = s3.complete_multipart_upload(**part, MultipartUpload={"Parts": chosen})
    got = s3.get_object(**at, Range=f"bytes={10 * MIB - 1}-")
    check.assertEqual((got["Body"].read(), got["ETag"]), (b"b" + b"c" * 10, done["ETag"]))
    check.assertEqual(s3.head_object(**at)["ContentType"], "text/x-parts")


@case("a part that is too small, and one that is not there, are refused")
def _():
    at = target()
    part = {**at, "UploadId": s3.create_multipart_upload(**at)["UploadId"]}
    etags = [s3.upload_part(**part, PartNumber=number, Body=b"small")["ETag"] for number in (1, 2)]
    chosen = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    with refused(errors.ClientError, "smaller than the minimum allowed"):
        s3.complete_multipart_upload(**part, MultipartUpload={"Parts": chosen})
    with refused(errors.ClientError, "parts could not be found"):
        s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": etags[0]}]})
    s3.abort_multipart_upload(**part)
    with refused(errors.NoSuchUpload):
        s3.upload_part(**part, PartNumber=1, Body=b"x")
    with refused(errors.NoSuchUpload):
        s3.list_parts(**part)
