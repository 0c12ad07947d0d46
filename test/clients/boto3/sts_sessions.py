"""Sessions that are not of service accounts."""
import json
import urllib.error
import urllib.request

from case import case, check, refused
from client import ACCOUNT, iam, sts, unique, with_key
from document import READ_ONLY, allow, text, trust_account

errors = sts.exceptions


def role(policy=None, **more):
    name = unique("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trust_account()), **more)["Role"]
    if policy is not None:
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=text(policy))
    return made


@case("GetCallerIdentity answers who the key belongs to")
def _():
    identity = sts.get_caller_identity()
    check.assertEqual((identity["Account"], identity["Arn"]), (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/admin"))
    check.assertEqual(identity["UserId"], iam.get_user()["User"]["UserId"])


@case("AssumeRole gives credentials that may do what role and session policy both allow")
def _():
    made = role(allow(["iam:ListRoles", "iam:ListUsers"]), MaxSessionDuration=7200)
    answer = sts.assume_role(
        RoleArn=made["Arn"],
        RoleSessionName="a.b@c=d,e",
        DurationSeconds=7200,
        Policy=text(allow("iam:ListRoles")),
        PolicyArns=[{"arn": READ_ONLY}],
        Tags=[{"Key": "team", "Value": "zwölf"}],
        TransitiveTagKeys=["team"],
    )
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{made['RoleName']}/a.b@c=d,e"
    check.assertEqual(answer["AssumedRoleUser"]["Arn"], arn)
    check.assertGreater(answer["PackedPolicySize"], 0)
    session = with_key(answer["Credentials"])
    check.assertEqual(session.client("sts").get_caller_identity()["Arn"], arn)
    caller = session.client("iam")
    caller.list_roles()
    caller.list_users()
    with refused(caller.exceptions.ClientError, "is not authorized to perform: iam:ListPolicies"):
        caller.list_policies()
    bounded = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="bounded", Policy=text(allow("iam:ListRoles")))
    caller = with_key(bounded["Credentials"]).client("iam")
    caller.list_roles()
    with refused(caller.exceptions.ClientError, "because no session policy allows the iam:ListUsers action"):
        caller.list_users()


@case("a role that does not trust the caller, and one that is not there, are refused alike")
def _():
    trust = trust_account()
    trust["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::444455556666:root"}
    other = iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=text(trust))["Role"]
    for arn in (other["Arn"], f"arn:aws:iam::{ACCOUNT}:role/none"):
        with refused(errors.ClientError, "is not authorized to perform: sts:AssumeRole on resource"):
            sts.assume_role(RoleArn=arn, RoleSessionName="session")


@case("limits of AssumeRole have AWS's typed exceptions")
def _():
    made = role()
    with refused(errors.MalformedPolicyDocumentException):
        sts.assume_role(RoleArn=made["Arn"], RoleSessionName="session", Policy="{}")
    with refused(errors.ClientError, "MaxSessionDuration"):
        sts.assume_role(RoleArn=made["Arn"], RoleSessionName="session", DurationSeconds=3601)


@case("GetSessionToken gives a session of the user")
def _():
    answer = sts.get_session_token(DurationSeconds=900)
    session = with_key(answer["Credentials"])
    check.assertEqual(session.client("sts").get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/admin")
    check.assertIn("clusters", session.client("eks").list_clusters())


@case("GetAccessKeyInfo answers the account of long-term and temporary keys")
def _():
    key = sts.get_session_token()["Credentials"]["AccessKeyId"]
    check.assertEqual(sts.get_access_key_info(AccessKeyId=key)["Account"], ACCOUNT)


@case("DecodeAuthorizationMessage opens the message of a denial")
def _():
    made = role(allow("iam:ListRoles"))
    credentials = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="session")["Credentials"]
    caller = with_key(credentials).client("iam")
    try:
        caller.list_users()
        raise AssertionError("was not refused")
    except caller.exceptions.ClientError as error:
        headers = error.response["ResponseMetadata"]["HTTPHeaders"]
    decoded = sts.decode_authorization_message(EncodedMessage=headers["x-openirsa-authorization-message"])
    message = json.loads(decoded["DecodedMessage"])
    check.assertEqual((message["allowed"], message["explicitDeny"]), (False, False))
    check.assertEqual(message["context"]["action"], "iam:ListUsers")
    with refused(errors.InvalidAuthorizationMessageException):
        sts.decode_authorization_message(EncodedMessage="nothing")


@case("a presigned GetCallerIdentity works as GET and as POST, and not with another operation in it")
def _():
    for method in ("POST", "GET"):
        url = sts.generate_presigned_url("get_caller_identity", HttpMethod=method, ExpiresIn=60)
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request) as response:
            check.assertIn(f"arn:aws:iam::{ACCOUNT}:user/admin", response.read().decode())
    changed = url.replace("Action=GetCallerIdentity", "Action=GetSessionToken")
    check.assertNotEqual(changed, url)
    with check.assertRaises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(changed)
    check.assertEqual(raised.exception.code, 403)
    check.assertIn("SignatureDoesNotMatch", raised.exception.read().decode())
