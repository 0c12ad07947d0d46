"""Clients as a program makes them: the environment says where and who. What they call is written down."""
import os
import secrets
import subprocess

import boto3
from botocore import UNSIGNED
from botocore.config import Config

ACCOUNT = "111122223333"
REGION = "us-east-1"
SERVICES = ("iam", "sts", "eks", "s3", "meteringmarketplace")

CALLED = {name: set() for name in SERVICES}


def session(**options):
    """A session whose calls are recorded and whose answers must hold every member that AWS's model requires."""
    made = boto3.Session(**options)
    made.events.register("after-call", _answered)
    return made


def with_key(key):
    """A session of the credentials in an answer of STS or of CreateAccessKey."""
    return session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
    )


def unsigned(service):
    return session().client(service, config=Config(signature_version=UNSIGNED))


def unique(prefix):
    """A name that no other case uses."""
    return f"{prefix}-{secrets.token_hex(4)}"


def service_account_token(cluster, namespace, service_account, *more):
    """A token as the kubelet would give it to a pod, of a cluster's hosted issuer."""
    flags = [f"--cluster={cluster}", f"--namespace={namespace}", f"--service-account={service_account}", *more]
    command = [os.environ["OPENIRSA_TEST_NODE"], os.environ["OPENIRSA_TEST_PROGRAM"], "token", *flags]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _answered(http_response, parsed, model, **_):
    CALLED[model.service_model.service_name].add(model.name)
    if http_response.status_code < 300 and model.output_shape is not None:
        missing = list(_missing_members(model.output_shape, parsed, model.name))
        if missing:
            raise AssertionError(f"the answer lacks required members: {missing}")


def _missing_members(shape, value, path):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name}"
        for name, member in shape.members.items():
            if name in value:
                yield from _missing_members(member, value[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            yield from _missing_members(shape.member, item, f"{path}[]")


ADMIN = session()
iam = ADMIN.client("iam")
sts = ADMIN.client("sts")
eks = ADMIN.client("eks")
# Without this, presigned URLs of us-east-1 have the old signature, version 2.
s3 = ADMIN.client("s3", config=Config(signature_version="s3v4"))
metering = ADMIN.client("meteringmarketplace")
