# What other modules would look up.
data "aws_eks_clusters" "all" {
  depends_on = [aws_eks_cluster.own]
}

data "aws_iam_openid_connect_provider" "by_url" {
  url        = local.issuer
  depends_on = [aws_iam_openid_connect_provider.this]
}

data "aws_iam_policy" "by_name" {
  name       = aws_iam_policy.read.name
  depends_on = [aws_iam_policy.read]
}

data "aws_iam_role" "this" {
  name = aws_iam_role.this.name
}

data "aws_iam_roles" "all" {
  path_prefix = "/terraform/"
  depends_on  = [aws_iam_role.this]
}

data "aws_iam_user" "operator" {
  user_name = aws_iam_user.operator.name
}

output "found" {
  value = {
    clusters = sort(data.aws_eks_clusters.all.names)
    provider = data.aws_iam_openid_connect_provider.by_url.arn
    policy   = data.aws_iam_policy.by_name.arn
    role     = data.aws_iam_role.this.unique_id
    roles    = sort(data.aws_iam_roles.all.names)
    user     = data.aws_iam_user.operator.user_id
  }
}
