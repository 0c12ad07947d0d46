# Where the service is and who calls, the environment says, as for any AWS client.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

# What of it can change, changes between generation 1 and 2.
variable "generation" {
  type    = number
  default = 1
}

# Where set, everything is done with the credentials of this role for this token.
variable "deployer" {
  type = object({
    role_arn   = string
    token_file = string
  })
  default = null
}

locals {
  is_changed = var.generation == 2
}

provider "aws" {
  default_tags {
    tags = { managed-by = "terraform" }
  }

  dynamic "assume_role_with_web_identity" {
    for_each = var.deployer == null ? [] : [var.deployer]
    content {
      role_arn                = assume_role_with_web_identity.value.role_arn
      web_identity_token_file = assume_role_with_web_identity.value.token_file
      session_name            = "terraform"
    }
  }
}

data "aws_caller_identity" "current" {}

output "caller" {
  value = data.aws_caller_identity.current.arn
}
