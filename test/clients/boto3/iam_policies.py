"""Managed policies."""
from case import case, check, refused
from client import ACCOUNT, iam, unique
from document import ADMINISTRATOR, allow, text

errors = iam.exceptions


def create(name=None, **more):
    document = text(allow("s3:GetObject", "arn:aws:s3:::a/*"))
    return iam.create_policy(PolicyName=name or unique("policy"), PolicyDocument=document, **more)["Policy"]


@case("a policy is created, found by its waiter and read back as it was given")
def _():
    name = unique("policy")
    made = create(name, Path="/team/", Description="für Größe, naïve & <schnell>", Tags=[{"Key": "team", "Value": "blå"}])
    check.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:policy/team/{name}")
    iam.get_waiter("policy_exists").wait(PolicyArn=made["Arn"], WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    got = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    check.assertEqual(got["Description"], "für Größe, naïve & <schnell>")
    check.assertEqual(got["Tags"], [{"Key": "team", "Value": "blå"}])
    check.assertEqual((got["DefaultVersionId"], got["AttachmentCount"], got["IsAttachable"]), ("v1", 0, True))
    check.assertEqual((got["PolicyId"], got["CreateDate"]), (made["PolicyId"], made["CreateDate"]))
    check.assertEqual(made["CreateDate"].microsecond, 0)


@case("a document comes back with every character that it had")
def _():
    document = allow(["s3:Get*", "s3:List*"], "*", Condition={"StringLike": {"aws:PrincipalTag/a b": ["50%+&é\n ñ", '"']}})
    made = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=text(document).replace("\\u00e9", "é"))
    version = iam.get_policy_version(PolicyArn=made["Policy"]["Arn"], VersionId="v1")["PolicyVersion"]
    check.assertEqual(version["Document"], document)
    check.assertTrue(version["IsDefaultVersion"])


@case("versions are added, listed, made the default and deleted, five at most")
def _():
    arn = create()["Arn"]
    for number in range(2, 6):
        made = iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=text(allow(f"s3:Action{number}")), SetAsDefault=number == 2
        )
        check.assertEqual(made["PolicyVersion"]["VersionId"], f"v{number}")
    with refused(errors.LimitExceededException):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text(allow("s3:*")))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 2})
    versions = [version for page in pages for version in page["Versions"]]
    check.assertEqual(sorted(version["VersionId"] for version in versions), ["v1", "v2", "v3", "v4", "v5"])
    check.assertEqual([version["VersionId"] for version in versions if version["IsDefaultVersion"]], ["v5"])
    with refused(errors.DeleteConflictException):
        iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    with refused(errors.NoSuchEntityException):
        iam.get_policy_version(PolicyArn=arn, VersionId="v1")


@case("tags are set, listed and removed")
def _():
    arn = create()["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "ключ", "Value": "значение"}])
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": ""}])
    check.assertCountEqual(
        iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "a", "Value": ""}, {"Key": "ключ", "Value": "значение"}]
    )
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    check.assertEqual([tag["Key"] for tag in iam.list_policy_tags(PolicyArn=arn)["Tags"]], ["ключ"])


@case("mistakes have AWS's typed exceptions")
def _():
    made = create()
    with refused(errors.EntityAlreadyExistsException):
        create(made["PolicyName"])
    with refused(errors.MalformedPolicyDocumentException):
        iam.create_policy(PolicyName=unique("policy"), PolicyDocument="{}")
    with refused(errors.MalformedPolicyDocumentException):
        iam.create_policy(PolicyName=unique("policy"), PolicyDocument='{"Version":"2012-10-17","Statement":[{}]}')
    with refused(errors.NoSuchEntityException, "was not found"):
        iam.get_policy(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/none")
    with refused(errors.ClientError, "ARN"):
        iam.get_policy(PolicyArn="arn:aws:s3:::not-a-policy-arn")


@case("a policy with versions or attachments is not deleted before they are gone")
def _():
    made = create()
    iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=text(allow("s3:*")))
    with refused(errors.DeleteConflictException):
        iam.delete_policy(PolicyArn=made["Arn"])
    iam.delete_policy_version(PolicyArn=made["Arn"], VersionId="v2")
    iam.delete_policy(PolicyArn=made["Arn"])
    with refused(errors.NoSuchEntityException):
        iam.delete_policy(PolicyArn=made["Arn"])


@case("the pages of ListPolicies hold the own policies of a scope and a path, each once")
def _():
    prefix = f"/{unique('page')}/"
    names = {create(f"p{number}", Path=prefix)["PolicyName"] for number in range(7)}
    pages = iam.get_paginator("list_policies").paginate(
        Scope="Local", PathPrefix=prefix, PaginationConfig={"PageSize": 3}
    )
    sizes, found = zip(*[(len(page["Policies"]), [policy["PolicyName"] for policy in page["Policies"]]) for page in pages])
    check.assertEqual(sizes, (3, 3, 1))
    check.assertCountEqual([name for page in found for name in page], names)


@case("AWS's managed policies are listed, readable and not writable")
def _():
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    policies = {policy["Arn"]: policy for page in pages for policy in page["Policies"]}
    check.assertGreater(len(policies), 1000)
    check.assertTrue(all(arn.startswith("arn:aws:iam::aws:policy/") for arn in policies))
    administrator = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    version = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=administrator["DefaultVersionId"])
    check.assertEqual(version["PolicyVersion"]["Document"], allow("*"))
    with refused(errors.ClientError):
        iam.create_policy_version(PolicyArn=ADMINISTRATOR, PolicyDocument=text(allow("s3:*")))
    with refused(errors.ClientError):
        iam.delete_policy(PolicyArn=ADMINISTRATOR)
