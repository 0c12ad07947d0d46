"""The way of a pod: no key, but a role and a token file."""
import os
import tempfile
from unittest import mock

from case import case, check, refused
from client import ACCOUNT, eks, iam, s3, service_account_token, session, unique, unsigned
from document import allow, text, trust_service_account

NAMESPACE, SERVICE_ACCOUNT = "my-namespace", "my-service-account"


def prepare():
    """A cluster with its provider, a bucket with an object, and a role that may read it."""
    cluster, bucket, role = unique("cluster"), unique("bucket"), unique("role")
    made = eks.create_cluster(
        name=cluster, roleArn=f"arn:aws:iam::{ACCOUNT}:role/cluster", resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]}
    )["cluster"]
    issuer = made["identity"]["oidc"]["issuer"]
    iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
    trust = trust_service_account(issuer, NAMESPACE, SERVICE_ACCOUNT)
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=text(trust))
    policy = iam.create_policy(
        PolicyName=unique("policy"), PolicyDocument=text(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    )
    iam.attach_role_policy(RoleName=role, PolicyArn=policy["Policy"]["Arn"])
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="config.json", Body=b'{"answer":42}')
    return cluster, bucket, role


def pod(role, token):
    """A session with a pod's environment and nothing else of the caller's."""
    file = tempfile.NamedTemporaryFile("w", delete=False)
    file.write(token)
    file.close()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
        "AWS_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/{role}",
        "AWS_WEB_IDENTITY_TOKEN_FILE": file.name,
        "AWS_ROLE_SESSION_NAME": "pod",
    }
    with mock.patch.dict(os.environ, environment, clear=True):
        made = session()
        made.get_credentials().get_frozen_credentials()
    os.unlink(file.name)
    return made


@case("a pod reads what its role's policy allows, and is refused everything else")
def _():
    cluster, bucket, role = prepare()
    pods = pod(role, service_account_token(cluster, NAMESPACE, SERVICE_ACCOUNT))
    identity = pods.client("sts").get_caller_identity()
    check.assertEqual(identity["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/pod")
    objects = pods.client("s3")
    check.assertEqual(objects.get_object(Bucket=bucket, Key="config.json")["Body"].read(), b'{"answer":42}')
    with refused(objects.exceptions.ClientError, "is not authorized to perform: s3:PutObject on resource"):
        objects.put_object(Bucket=bucket, Key="config.json", Body=b"x")
    with refused(objects.exceptions.ClientError):
        objects.list_objects_v2(Bucket=bucket)
    clusters = pods.client("eks")
    with refused(clusters.exceptions.ClientError, "is not authorized to perform: eks:ListClusters"):
        clusters.list_clusters()


@case("a token that does not belong is refused with AWS's typed exceptions")
def _():
    cluster, _, role = prepare()
    anonymous = unsigned("sts")

    def assume(token, name=role):
        return anonymous.assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="pod", WebIdentityToken=token
        )

    good = service_account_token(cluster, NAMESPACE, SERVICE_ACCOUNT)
    answer = assume(good)
    check.assertEqual(answer["SubjectFromWebIdentityToken"], f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}")
    check.assertEqual(answer["Audience"], "sts.amazonaws.com")
    denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    with refused(anonymous.exceptions.ClientError, denied):
        assume(service_account_token(cluster, "other", SERVICE_ACCOUNT))
    with refused(anonymous.exceptions.ClientError, denied):
        assume(good, "none")
    with refused(anonymous.exceptions.InvalidIdentityTokenException):
        assume(service_account_token(cluster, NAMESPACE, SERVICE_ACCOUNT, "--audience=other"))
    header, claims, signature = good.split(".")
    with refused(anonymous.exceptions.InvalidIdentityTokenException):
        assume(f"{header}.{claims}.{signature[::-1]}")
    with refused(anonymous.exceptions.InvalidIdentityTokenException):
        assume("not-a-token")


@case("credentials of a role that was deleted and made again under its name are refused")
def _():
    cluster, bucket, role = prepare()
    objects = pod(role, service_account_token(cluster, NAMESPACE, SERVICE_ACCOUNT)).client("s3")
    objects.get_object(Bucket=bucket, Key="config.json")
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    policies = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    for policy in policies:
        iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=role)
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=text(trust))
    for policy in policies:
        iam.attach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    with refused(objects.exceptions.ClientError):
        objects.get_object(Bucket=bucket, Key="config.json")
