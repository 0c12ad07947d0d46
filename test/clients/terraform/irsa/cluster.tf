# A cluster that is there already, where one is named; otherwise one of its own.
variable "cluster" {
  type    = string
  default = null
}

resource "aws_eks_cluster" "own" {
  count    = var.cluster == null ? 1 : 0
  name     = var.name
  role_arn = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/any"
  tags     = local.is_changed ? { stage = "two", added = "yes" } : { stage = "one" }

  vpc_config {
    subnet_ids = ["subnet-1", "subnet-2"]
  }

  # No answer of EKS has it, so that an import would see a difference, in AWS as well.
  lifecycle {
    ignore_changes = [bootstrap_self_managed_addons]
  }
}

data "aws_eks_cluster" "existing" {
  count = var.cluster == null ? 0 : 1
  name  = var.cluster
}

locals {
  cluster = var.cluster == null ? aws_eks_cluster.own[0] : data.aws_eks_cluster.existing[0]
  issuer  = local.cluster.identity[0].oidc[0].issuer
}

resource "aws_iam_openid_connect_provider" "this" {
  url             = local.issuer
  client_id_list  = local.is_changed ? ["sts.amazonaws.com", "other"] : ["sts.amazonaws.com"]
  thumbprint_list = [local.is_changed ? "ffffffffffffffffffffffffffffffffffffffff" : "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
  tags            = local.is_changed ? { stage = "two", added = "yes" } : { stage = "one" }
}
