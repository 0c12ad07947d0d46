data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.this.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${aws_iam_openid_connect_provider.this.url}:sub"
      values   = ["system:serviceaccount:my-namespace:${local.is_changed ? "other" : "my-service-account"}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${aws_iam_openid_connect_provider.this.url}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = local.is_changed ? ["s3:GetObject", "s3:ListBucket"] : ["s3:GetObject"]
    resources = ["arn:aws:s3:::my-pod-secrets-bucket/*", "arn:aws:s3:::ü %+&/*"]
  }
}

resource "aws_iam_policy" "read" {
  name        = "${var.name}-read"
  path        = "/terraform/"
  description = "Reads <objects> & more"
  policy      = data.aws_iam_policy_document.read.json
  tags        = local.is_changed ? { stage = "two", added = "yes" } : { stage = "one" }
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-role"
  path                 = "/terraform/"
  description          = local.is_changed ? "changed, für alle" : "first"
  max_session_duration = local.is_changed ? 7200 : 3600
  permissions_boundary = local.is_changed ? "arn:aws:iam::aws:policy/PowerUserAccess" : null
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  tags                 = local.is_changed ? { stage = "two", added = "yes" } : { stage = "one" }
}

resource "aws_iam_role_policy" "inline" {
  name = "inline"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = local.is_changed ? "sqs:*" : "sqs:SendMessage"
      Resource = "*"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.this.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachment" "managed" {
  role       = aws_iam_role.this.name
  policy_arn = local.is_changed ? "arn:aws:iam::aws:policy/ReadOnlyAccess" : "arn:aws:iam::aws:policy/SecurityAudit"
}
