"""OpenID Connect providers."""
from case import case, check, refused
from client import ACCOUNT, iam, unique

errors = iam.exceptions
THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"


def create(**more):
    url = f"https://{unique('issuer')}.example.com/id/A"
    made = iam.create_open_id_connect_provider(Url=url, ThumbprintList=[THUMBPRINT], **more)
    return url, made["OpenIDConnectProviderArn"]


@case("a provider is created and read back")
def _():
    url, arn = create(ClientIDList=["sts.amazonaws.com"], Tags=[{"Key": "k", "Value": "ö"}])
    check.assertEqual(arn, f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.removeprefix('https://')}")
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    check.assertEqual(got["Url"], url.removeprefix("https://"))
    check.assertEqual((got["ClientIDList"], got["ThumbprintList"]), (["sts.amazonaws.com"], [THUMBPRINT]))
    check.assertEqual(got["Tags"], [{"Key": "k", "Value": "ö"}])
    listed = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    check.assertIn(arn, [provider["Arn"] for provider in listed])


@case("client ids and thumbprints are changed")
def _():
    _, arn = create(ClientIDList=["a"])
    for client in ("b", "b"):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40, "b" * 40])
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    check.assertEqual((got["ClientIDList"], got["ThumbprintList"]), (["b"], ["a" * 40, "b" * 40]))


@case("tags are set, listed and removed")
def _():
    _, arn = create()
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    tags = iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"]
    check.assertEqual(tags, [{"Key": "b", "Value": "2"}])


@case("mistakes have AWS's typed exceptions, and deleting what is gone is none")
def _():
    url, arn = create()
    with refused(errors.EntityAlreadyExistsException):
        iam.create_open_id_connect_provider(Url=url, ThumbprintList=[THUMBPRINT])
    with refused(errors.InvalidInputException):
        iam.create_open_id_connect_provider(Url="ftp://issuer.example.com", ThumbprintList=[THUMBPRINT])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused(errors.NoSuchEntityException):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
