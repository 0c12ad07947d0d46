"""Users, their access keys and policies: an operator of few permissions."""
from case import case, check, refused
from client import ACCOUNT, iam, unique, with_key
from document import ADMINISTRATOR, READ_ONLY, allow, text

errors = iam.exceptions


@case("a user is created, found by its waiter, listed, tagged and deleted")
def _():
    name, path = unique("user"), f"/{unique('users')}/"
    made = iam.create_user(UserName=name, Path=path, Tags=[{"Key": "dépt", "Value": "1"}])["User"]
    iam.get_waiter("user_exists").wait(UserName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    check.assertEqual(iam.get_user(UserName=name)["User"]["Arn"], f"arn:aws:iam::{ACCOUNT}:user{path}{name}")
    pages = iam.get_paginator("list_users").paginate(PathPrefix=path)
    check.assertEqual([user["UserId"] for page in pages for user in page["Users"]], [made["UserId"]])
    iam.tag_user(UserName=name, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_user(UserName=name, TagKeys=["dépt"])
    check.assertEqual(iam.list_user_tags(UserName=name)["Tags"], [{"Key": "b", "Value": "2"}])
    check.assertEqual(iam.list_groups_for_user(UserName=name)["Groups"], [])
    iam.delete_user(UserName=name)
    with refused(errors.NoSuchEntityException):
        iam.get_user(UserName=name)


@case("GetUser without a name is the caller")
def _():
    check.assertEqual(iam.get_user()["User"]["UserName"], "admin")


@case("access keys sign at once, not while inactive, and not after they are deleted")
def _():
    name = unique("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    caller = with_key(key).client("sts")
    check.assertEqual(caller.get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/{name}")
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with refused(caller.exceptions.ClientError, "security token included in the request is invalid"):
        caller.get_caller_identity()
    listed = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    check.assertEqual([(entry["AccessKeyId"], entry["Status"]) for entry in listed], [(key["AccessKeyId"], "Inactive")])
    with refused(errors.DeleteConflictException):
        iam.delete_user(UserName=name)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    with refused(errors.NoSuchEntityException):
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    with refused(caller.exceptions.ClientError):
        caller.get_caller_identity()


@case("a user has two access keys at most")
def _():
    name = unique("user")
    iam.create_user(UserName=name)
    for _ in range(2):
        iam.create_access_key(UserName=name)
    with refused(errors.LimitExceededException):
        iam.create_access_key(UserName=name)


@case("an operator may do what its policies allow, and nothing else")
def _():
    name = unique("user")
    iam.create_user(UserName=name)
    operator = with_key(iam.create_access_key(UserName=name)["AccessKey"]).client("iam")
    with refused(operator.exceptions.ClientError, "is not authorized to perform: iam:ListRoles"):
        operator.list_roles()
    iam.put_user_policy(UserName=name, PolicyName="list", PolicyDocument=text(allow("iam:ListRoles")))
    check.assertIn("Roles", operator.list_roles())
    check.assertEqual(iam.get_user_policy(UserName=name, PolicyName="list")["PolicyDocument"], allow("iam:ListRoles"))
    check.assertEqual(iam.list_user_policies(UserName=name)["PolicyNames"], ["list"])
    iam.delete_user_policy(UserName=name, PolicyName="list")
    with refused(operator.exceptions.ClientError, "because no identity-based policy allows the iam:ListRoles action"):
        operator.list_roles()
    iam.attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    check.assertEqual(operator.get_user(UserName=name)["User"]["UserName"], name)
    attached = iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    check.assertEqual(attached, [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}])
    with refused(operator.exceptions.ClientError, "not authorized to perform: iam:DeleteUser"):
        operator.delete_user(UserName=name)
    iam.detach_user_policy(UserName=name, PolicyArn=READ_ONLY)


@case("a user's permissions boundary bounds what its policies allow")
def _():
    name = unique("user")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    operator = with_key(iam.create_access_key(UserName=name)["AccessKey"]).client("iam")
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=READ_ONLY)
    check.assertIn("Roles", operator.list_roles())
    with refused(operator.exceptions.ClientError, "because no permissions boundary allows the iam:CreateUser action"):
        operator.create_user(UserName=unique("user"))
    iam.delete_user_permissions_boundary(UserName=name)
    operator.create_user(UserName=unique("user"))
