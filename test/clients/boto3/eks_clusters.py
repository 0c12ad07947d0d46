"""Clusters."""
from case import case, check, refused
from client import ACCOUNT, REGION, eks, unique

errors = eks.exceptions
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cluster"
NETWORK = {"subnetIds": ["subnet-1", "subnet-2"]}


def create(name=None, **more):
    return eks.create_cluster(name=name or unique("cluster"), roleArn=ROLE, resourcesVpcConfig=NETWORK, **more)["cluster"]


@case("a cluster is created, found active by its waiter and described with its issuer")
def _():
    made = create(tags={"équipe": "böse & gut"})
    name = made["name"]
    eks.get_waiter("cluster_active").wait(name=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    got = eks.describe_cluster(name=name)["cluster"]
    check.assertEqual(got["arn"], f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}")
    check.assertTrue(got["identity"]["oidc"]["issuer"].startswith("https://"))
    check.assertEqual((got["tags"], got["roleArn"]), ({"équipe": "böse & gut"}, ROLE))
    check.assertEqual(got["createdAt"], made["createdAt"])
    check.assertTrue(got["certificateAuthority"]["data"])


@case("tags are set, listed and removed, by ARN in the path")
def _():
    arn = create(tags={"a": "1"})["arn"]
    eks.tag_resource(resourceArn=arn, tags={"b": "2", "ключ /+%": "ö"})
    check.assertEqual(eks.list_tags_for_resource(resourceArn=arn)["tags"], {"a": "1", "b": "2", "ключ /+%": "ö"})
    eks.untag_resource(resourceArn=arn, tagKeys=["a", "ключ /+%"])
    check.assertEqual(eks.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "2"})
    with refused(errors.ClientError):
        eks.tag_resource(resourceArn=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/none", tags={"a": "1"})


@case("the pages of ListClusters hold every cluster once")
def _():
    names = {create()["name"] for _ in range(3)}
    pages = list(eks.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
    found = [name for page in pages for name in page["clusters"]]
    check.assertGreater(len(pages), 1)
    check.assertEqual(len(found), len(set(found)))
    check.assertLessEqual(names, set(found))


@case("versions are described")
def _():
    versions = eks.describe_cluster_versions()["clusterVersions"]
    check.assertEqual(len([version for version in versions if version["defaultVersion"]]), 1)


@case("mistakes have AWS's typed exceptions, and a deleted cluster is gone")
def _():
    name = create()["name"]
    with refused(errors.ResourceInUseException, "already exists"):
        create(name)
    with refused(errors.InvalidParameterException):
        create(unique("cluster"), version="0.1")
    check.assertEqual(eks.delete_cluster(name=name)["cluster"]["status"], "DELETING")
    eks.get_waiter("cluster_deleted").wait(name=name, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    with refused(errors.ResourceNotFoundException, f"No cluster found for name: {name}."):
        eks.describe_cluster(name=name)


@case("the same request token finds the same cluster")
def _():
    name, token = unique("cluster"), unique("token")
    first, second = (create(name, clientRequestToken=token) for _ in range(2))
    check.assertEqual(first["identity"], second["identity"])
