"""The policy simulators."""
from case import case, check, refused
from client import ACCOUNT, iam, unique
from document import allow, text, trust_account

errors = iam.exceptions

BUCKET = "arn:aws:s3:::bucket"
USER = f"arn:aws:iam::{ACCOUNT}:user/somebody"


def simulate(policies, actions, **more):
    answer = iam.simulate_custom_policy(
        PolicyInputList=[text(policy) for policy in policies], ActionNames=actions, **more
    )
    return answer["EvaluationResults"]


def decisions(results):
    return {result["EvalActionName"]: result["EvalDecision"] for result in results}


def deny(action, resource="*", **more):
    document = allow(action, resource, **more)
    document["Statement"][0]["Effect"] = "Deny"
    return document


@case("custom policies are simulated: one result an action, one more for each resource")
def _():
    policies = [allow("s3:*"), deny("s3:GetObject", f"{BUCKET}/secret")]
    results = simulate(
        policies, ["s3:GetObject", "s3:PutObject", "iam:GetRole"], ResourceArns=[f"{BUCKET}/key", f"{BUCKET}/secret"]
    )
    check.assertEqual(
        decisions(results), {"s3:GetObject": "explicitDeny", "s3:PutObject": "allowed", "iam:GetRole": "implicitDeny"}
    )
    get = results[0]
    check.assertEqual(get["EvalDecisionDetails"], {})
    check.assertEqual(
        [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in get["ResourceSpecificResults"]],
        [(f"{BUCKET}/key", "allowed"), (f"{BUCKET}/secret", "explicitDeny")],
    )
    (matched,) = get["MatchedStatements"]
    check.assertEqual((matched["SourcePolicyId"], matched["SourcePolicyType"]), ("PolicyInputList.2", "IAM Policy"))
    # json.dumps writes `{"Version": "2012-10-17", "Statement": [`, 40 characters.
    check.assertEqual(matched["StartPosition"], {"Line": 1, "Column": 41})
    check.assertEqual(matched["EndPosition"], {"Line": 1, "Column": len(text(policies[1])) - 1})


@case("context entries of every type reach their operators, and missing ones are named")
def _():
    entries = {
        "string": ("aws:username", ["ann"], {"StringEquals": {"aws:username": "ann"}}),
        "stringList": ("aws:TagKeys", ["a", "b"], {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}),
        "numeric": ("s3:max-keys", ["5"], {"NumericLessThan": {"s3:max-keys": "10"}}),
        "boolean": ("aws:SecureTransport", ["true"], {"Bool": {"aws:SecureTransport": "true"}}),
        "ip": ("aws:SourceIp", ["192.0.2.7"], {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        "date": ("aws:CurrentTime", ["2026-01-01T00:00:00Z"], {"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}),
    }
    for kind, (key, values, condition) in entries.items():
        policy = allow("s3:GetObject", Condition=condition)
        (missing,) = simulate([policy], ["s3:GetObject"])
        check.assertEqual(missing["MissingContextValues"], [key], kind)
        entry = {"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind}
        (given,) = simulate([policy], ["s3:GetObject"], ContextEntries=[entry])
        check.assertEqual((given["EvalDecision"], given["MissingContextValues"]), ("allowed", []), kind)


@case("a permissions boundary and a resource policy of another account are simulated")
def _():
    boundary = [text(allow("iam:*"))]
    (bounded,) = simulate([allow("s3:*")], ["s3:GetObject"], PermissionsBoundaryPolicyInputList=boundary)
    check.assertEqual(bounded["EvalDecision"], "implicitDeny")
    check.assertEqual(bounded["PermissionsBoundaryDecisionDetail"], {"AllowedByPermissionsBoundary": False})
    theirs = allow("s3:GetObject", f"{BUCKET}/*", Principal={"AWS": USER})
    (crossed,) = simulate(
        [allow("s3:*")],
        ["s3:GetObject"],
        CallerArn=USER,
        ResourceArns=[f"{BUCKET}/key"],
        ResourcePolicy=text(theirs),
        ResourceOwner="arn:aws:iam::444455556666:root",
    )
    check.assertEqual(crossed["EvalDecision"], "allowed")
    check.assertEqual(crossed["EvalDecisionDetails"], {"IAM Policy": "allowed", "Resource Policy": "allowed"})


@case("a role's policies are simulated, page by page")
def _():
    name = unique("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text(trust_account()))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=text(allow("s3:Get*")))
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn,
        ActionNames=["s3:GetObject", "s3:PutObject", "s3:GetBucketPolicy"],
        PaginationConfig={"PageSize": 2},
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    check.assertEqual(
        decisions(results),
        {"s3:GetObject": "allowed", "s3:PutObject": "implicitDeny", "s3:GetBucketPolicy": "allowed"},
    )
    check.assertEqual(results[0]["MatchedStatements"][0]["SourcePolicyId"], f"role_{name}_own")
    with refused(errors.NoSuchEntityException, "The role with name none cannot be found."):
        iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/none", ActionNames=["s3:GetObject"])


@case("context keys are listed, of policies and of a principal")
def _():
    policy = allow("s3:*", BUCKET + "/${aws:username}", Condition={"Bool": {"aws:SecureTransport": "true"}})
    listed = iam.get_context_keys_for_custom_policy(PolicyInputList=[text(policy)])
    check.assertEqual(listed["ContextKeyNames"], ["aws:username", "aws:SecureTransport"])
    name = unique("user")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text(policy))
    listed = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)
    check.assertEqual(listed["ContextKeyNames"], ["aws:username", "aws:SecureTransport"])


@case("what cannot be simulated is InvalidInput")
def _():
    for more in (
        {"ResourceArns": ["key"]},
        {"ResourceOwner": ACCOUNT},
        {"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b"},
        {"ResourceHandlingOption": "EC2-Classic-EBS"},
    ):
        with refused(errors.InvalidInputException):
            simulate([allow("s3:*")], ["s3:GetObject"], **more)
    with refused(errors.InvalidInputException, "Invalid policy PolicyInputList.1"):
        iam.simulate_custom_policy(PolicyInputList=["{"], ActionNames=["s3:GetObject"])
