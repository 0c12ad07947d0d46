"""Presigned URLs: anyone who has one may do the one thing that it says."""
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from case import case, check
from client import s3, unique


def fetch(url, method="GET", body=None, headers=None):
    """Status and body, whatever the status."""
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def place():
    bucket = unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="ä +b", Body=b"shared")
    return {"Bucket": bucket, "Key": "ä +b"}


@case("a presigned GET reads its object, with the answer's headers that it names")
def _():
    at = place()
    url = s3.generate_presigned_url("get_object", Params={**at, "ResponseContentType": "text/x-shared"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as response:
        check.assertEqual((response.read(), response.headers["content-type"]), (b"shared", "text/x-shared"))
    check.assertEqual(fetch(url, "PUT", b"x")[0], 403)
    status, body = fetch(url.replace("b?", "c?"))
    check.assertEqual(status, 403)
    check.assertIn(b"SignatureDoesNotMatch", body)


@case("a presigned URL ends when it said")
def _():
    at = place()
    url = s3.generate_presigned_url("get_object", Params=at, ExpiresIn=1)
    time.sleep(2.1)
    status, body = fetch(url)
    check.assertEqual(status, 403)
    check.assertIn(b"<Message>Request has expired</Message>", body)


@case("a presigned PUT writes its object, with the headers that were signed")
def _():
    at = {**place(), "Key": "written"}
    url = s3.generate_presigned_url("put_object", Params={**at, "ContentType": "text/x-put"}, ExpiresIn=60)
    check.assertEqual(fetch(url, "PUT", b"by anyone", {"Content-Type": "text/x-other"})[0], 403)
    check.assertEqual(fetch(url, "PUT", b"by anyone", {"Content-Type": "text/x-put"})[0], 200)
    got = s3.get_object(**at)
    check.assertEqual((got["Body"].read(), got["ContentType"]), (b"by anyone", "text/x-put"))


@case("a URL with the old signature, version 2, is refused")
def _():
    old = boto3.client("s3", config=Config(signature_version="s3"))
    status, body = fetch(old.generate_presigned_url("get_object", Params=place(), ExpiresIn=60))
    check.assertIn(status, (400, 403))
    check.assertNotIn(b"shared", body)
