resource "aws_iam_user" "operator" {
  name                 = "${var.name}-operator"
  path                 = "/terraform/"
  permissions_boundary = local.is_changed ? "arn:aws:iam::aws:policy/PowerUserAccess" : null
  tags                 = local.is_changed ? { stage = "two", added = "yes" } : { stage = "one" }
}

resource "aws_iam_access_key" "operator" {
  user   = aws_iam_user.operator.name
  status = local.is_changed ? "Inactive" : "Active"
}

resource "aws_iam_user_policy" "operator" {
  name = "inline"
  user = aws_iam_user.operator.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = local.is_changed ? "iam:Get*" : "iam:List*", Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "operator" {
  user       = aws_iam_user.operator.name
  policy_arn = aws_iam_policy.read.arn
}
