"""Roles, their policies and their boundary."""
from case import case, check, refused
from client import ACCOUNT, iam, unique
from document import ADMINISTRATOR, READ_ONLY, allow, text, trust_account

errors = iam.exceptions


def create(name=None, **more):
    trust = text(trust_account())
    return iam.create_role(RoleName=name or unique("role"), AssumeRolePolicyDocument=trust, **more)["Role"]


@case("a role is created, found by its waiter and read back with everything it was given")
def _():
    name = unique("role")
    made = create(
        name,
        Path="/team/a/",
        Description="Rôle für <alle> & mehr",
        MaxSessionDuration=7200,
        PermissionsBoundary=READ_ONLY,
        Tags=[{"Key": "owner", "Value": "näh + co"}],
    )
    iam.get_waiter("role_exists").wait(RoleName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    got = iam.get_role(RoleName=name)["Role"]
    check.assertEqual(got["Arn"], f"arn:aws:iam::{ACCOUNT}:role/team/a/{name}")
    check.assertEqual(got["AssumeRolePolicyDocument"], trust_account())
    check.assertEqual(got["Description"], "Rôle für <alle> & mehr")
    check.assertEqual(got["MaxSessionDuration"], 7200)
    check.assertEqual(
        got["PermissionsBoundary"], {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}
    )
    check.assertEqual(got["Tags"], [{"Key": "owner", "Value": "näh + co"}])
    check.assertEqual((got["RoleId"], got["CreateDate"]), (made["RoleId"], made["CreateDate"]))


@case("description, session duration and trust policy are changed")
def _():
    name = create(Description="before")["RoleName"]
    iam.update_role(RoleName=name, Description="after", MaxSessionDuration=3601)
    got = iam.get_role(RoleName=name)["Role"]
    check.assertEqual((got["Description"], got["MaxSessionDuration"]), ("after", 3601))
    shown = iam.update_role_description(RoleName=name, Description="")["Role"]
    check.assertEqual(shown.get("Description", ""), "")
    changed = trust_account()
    changed["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "a+b %20 é"}}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=text(changed))
    check.assertEqual(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"], changed)
    with refused(errors.MalformedPolicyDocumentException):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=text(allow("s3:*")))


@case("managed policies are attached and detached, once and again")
def _():
    name = create()["RoleName"]
    own = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=text(allow("s3:*")))["Policy"]
    for arn in (own["Arn"], own["Arn"], READ_ONLY):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    check.assertEqual(iam.get_policy(PolicyArn=own["Arn"])["Policy"]["AttachmentCount"], 1)
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name, PaginationConfig={"PageSize": 1})
    attached = [policy for page in pages for policy in page["AttachedPolicies"]]
    check.assertCountEqual([policy["PolicyArn"] for policy in attached], [own["Arn"], READ_ONLY])
    with refused(errors.DeleteConflictException):
        iam.delete_policy(PolicyArn=own["Arn"])
    with refused(errors.DeleteConflictException):
        iam.delete_role(RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=own["Arn"])
    with refused(errors.NoSuchEntityException):
        iam.detach_role_policy(RoleName=name, PolicyArn=own["Arn"])
    with refused(errors.NoSuchEntityException):
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/none")


@case("inline policies are put, read back, listed and deleted")
def _():
    name = create()["RoleName"]
    document = allow("s3:GetObject", "arn:aws:s3:::b/100% ñ+&/*")
    iam.put_role_policy(RoleName=name, PolicyName="first", PolicyDocument=text(document))
    iam.put_role_policy(RoleName=name, PolicyName="first", PolicyDocument=text(document))
    iam.put_role_policy(RoleName=name, PolicyName="second", PolicyDocument=text(allow("sqs:*")))
    got = iam.get_role_policy(RoleName=name, PolicyName="first")
    check.assertEqual((got["RoleName"], got["PolicyName"], got["PolicyDocument"]), (name, "first", document))
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=name, PaginationConfig={"PageSize": 1})
    check.assertEqual([policy for page in pages for policy in page["PolicyNames"]], ["first", "second"])
    iam.delete_role_policy(RoleName=name, PolicyName="first")
    with refused(errors.NoSuchEntityException):
        iam.get_role_policy(RoleName=name, PolicyName="first")
    with refused(errors.MalformedPolicyDocumentException):
        iam.put_role_policy(RoleName=name, PolicyName="third", PolicyDocument="{not json")


@case("the permissions boundary is put and taken away")
def _():
    name = create()["RoleName"]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=ADMINISTRATOR)
    boundary = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
    check.assertEqual(boundary["PermissionsBoundaryArn"], ADMINISTRATOR)
    iam.delete_role_permissions_boundary(RoleName=name)
    check.assertNotIn("PermissionsBoundary", iam.get_role(RoleName=name)["Role"])


@case("tags are set, listed page by page and removed")
def _():
    name = create()["RoleName"]
    iam.tag_role(RoleName=name, Tags=[{"Key": f"k{number}", "Value": "ü"} for number in range(5)])
    tags, request = [], {"RoleName": name, "MaxItems": 2}
    while True:
        page = iam.list_role_tags(**request)
        tags += page["Tags"]
        if not page["IsTruncated"]:
            break
        request["Marker"] = page["Marker"]
    check.assertCountEqual([tag["Key"] for tag in tags], [f"k{number}" for number in range(5)])
    iam.untag_role(RoleName=name, TagKeys=["k0", "k4", "none"])
    check.assertEqual(len(iam.list_role_tags(RoleName=name)["Tags"]), 3)
    with refused(errors.InvalidInputException):
        iam.tag_role(RoleName=name, Tags=[{"Key": "aws:x", "Value": "y"}])


@case("the pages of ListRoles hold every role of a path once")
def _():
    prefix = f"/{unique('page')}/"
    names = [create(Path=prefix)["RoleName"] for _ in range(5)]
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix=prefix, PaginationConfig={"PageSize": 2}))
    check.assertEqual([len(page["Roles"]) for page in pages], [2, 2, 1])
    check.assertCountEqual([role["RoleName"] for page in pages for role in page["Roles"]], names)
    check.assertEqual(pages[0]["Roles"][0]["AssumeRolePolicyDocument"], trust_account())


@case("a role that is gone is not found, nor is one that never was")
def _():
    name = create()["RoleName"]
    check.assertEqual(iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"], [])
    iam.delete_role(RoleName=name)
    with refused(errors.NoSuchEntityException, f"The role with name {name} cannot be found."):
        iam.get_role(RoleName=name)
    with refused(errors.NoSuchEntityException):
        iam.delete_role(RoleName=name)
    with refused(errors.EntityAlreadyExistsException, "already exists"):
        create(create()["RoleName"].upper())
