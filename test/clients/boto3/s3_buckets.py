"""Buckets, their policies and their listings."""
import json

from case import case, check, refused
from client import ACCOUNT, ADMIN, iam, s3, unique, unsigned, with_key
from document import text

errors = s3.exceptions


def create():
    name = unique("bucket")
    s3.create_bucket(Bucket=name)
    return name


@case("a bucket is created, found by its waiter, located, listed and deleted when empty")
def _():
    name = create()
    s3.get_waiter("bucket_exists").wait(Bucket=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    check.assertEqual(s3.head_bucket(Bucket=name)["BucketRegion"], "us-east-1")
    check.assertIsNone(s3.get_bucket_location(Bucket=name)["LocationConstraint"])
    pages = s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2})
    check.assertIn(name, [bucket["Name"] for page in pages for bucket in page["Buckets"]])
    s3.put_object(Bucket=name, Key="x")
    with refused(errors.ClientError, "not empty"):
        s3.delete_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="x")
    s3.delete_bucket(Bucket=name)
    s3.get_waiter("bucket_not_exists").wait(Bucket=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})


@case("mistakes have AWS's typed exceptions")
def _():
    with refused(errors.NoSuchBucket):
        s3.list_objects_v2(Bucket=unique("none"))
    with refused(errors.ClientError):
        s3.create_bucket(Bucket="UPPER")
    with refused(errors.ClientError):
        s3.create_bucket(Bucket=unique("bucket"), CreateBucketConfiguration={"LocationConstraint": "nowhere"})


@case("a bucket policy comes back as it was put, allows a stranger, denies its owner, and is deleted")
def _():
    name = create()
    s3.put_object(Bucket=name, Key="public/a", Body=b"a")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{name}/public/*",
            },
            {
                "Sid": "NotEvenTheOwner",
                "Effect": "Deny",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{name}/*",
            },
        ],
    }
    s3.put_bucket_policy(Bucket=name, Policy=text(policy))
    check.assertEqual(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]), policy)
    stranger = unsigned("s3")
    check.assertEqual(stranger.get_object(Bucket=name, Key="public/a")["Body"].read(), b"a")
    with refused(errors.ClientError, "Access Denied"):
        stranger.get_object(Bucket=name, Key="private/a")
    with refused(errors.ClientError, "explicit deny in a resource-based policy"):
        s3.put_object(Bucket=name, Key="public/b", Body=b"b")
    s3.delete_bucket_policy(Bucket=name)
    with refused(errors.ClientError, "bucket policy does not exist"):
        s3.get_bucket_policy(Bucket=name)
    with refused(errors.ClientError):
        s3.put_bucket_policy(Bucket=name, Policy="{}")


@case("a user of the account reads by the bucket policy alone")
def _():
    name, user = create(), unique("user")
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    arn = iam.create_user(UserName=user)["User"]["Arn"]
    objects = with_key(iam.create_access_key(UserName=user)["AccessKey"]).client("s3")
    with refused(errors.ClientError, "because no identity-based policy allows the s3:GetObject action"):
        objects.get_object(Bucket=name, Key="a")
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"}
    s3.put_bucket_policy(Bucket=name, Policy=text({"Version": "2012-10-17", "Statement": [statement]}))
    check.assertEqual(objects.get_object(Bucket=name, Key="a")["Body"].read(), b"a")


@case("both listings page through all keys in their order, fold prefixes and start where told")
def _():
    name = create()
    keys = [f"a/{number}" for number in range(5)] + ["b/1/x", "b/2", "c d+e%/é", "日本/🌋", "z\tq"]
    for key in reversed(keys):
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    ordered = sorted(keys, key=str.encode)
    for operation in ("list_objects_v2", "list_objects"):
        pages = list(s3.get_paginator(operation).paginate(Bucket=name, PaginationConfig={"PageSize": 3}))
        check.assertEqual([entry["Key"] for page in pages for entry in page["Contents"]], ordered, operation)
        folded = s3.get_paginator(operation).paginate(Bucket=name, Delimiter="/", PaginationConfig={"PageSize": 2})
        prefixes = [entry["Prefix"] for page in folded for entry in page.get("CommonPrefixes", [])]
        check.assertEqual(prefixes, ["a/", "b/", "c d+e%/", "日本/"], operation)
    started = s3.list_objects_v2(Bucket=name, StartAfter="a/4", Prefix="b/", FetchOwner=True)
    check.assertEqual([entry["Key"] for entry in started["Contents"]], ["b/1/x", "b/2"])
    check.assertIn("ID", started["Contents"][0]["Owner"])


@case("the resource interface of boto3 sees the same")
def _():
    bucket = ADMIN.resource("s3").Bucket(unique("bucket"))
    bucket.create()
    bucket.put_object(Key="a", Body=b"1")
    bucket.Object("b").put(Body=b"22")
    check.assertEqual([(entry.key, entry.size) for entry in bucket.objects.all()], [("a", 1), ("b", 2)])
    bucket.objects.all().delete()
    check.assertEqual(list(bucket.objects.all()), [])
    bucket.delete()
