"""Runs the cases. `suite.py list` prints their names as JSON; `suite.py run` prints a line of JSON for each, and what was called."""
import json
import sys
import traceback

import eks_clusters  # noqa: F401  (importing a module registers its cases)
import iam_policies  # noqa: F401
import iam_providers  # noqa: F401
import iam_roles  # noqa: F401
import iam_simulators  # noqa: F401
import iam_users  # noqa: F401
import irsa  # noqa: F401
import metering_usage  # noqa: F401
import s3_buckets  # noqa: F401
import s3_objects  # noqa: F401
import s3_presigned  # noqa: F401
import s3_uploads  # noqa: F401
import sts_sessions  # noqa: F401
from case import CASES
from client import CALLED


def run(case):
    try:
        case["run"]()
        return None
    except Exception:
        return traceback.format_exc()


def main(command):
    if command == "list":
        print(json.dumps([{"group": case["group"], "name": case["name"]} for case in CASES]))
        return
    for case in CASES:
        print(json.dumps({"group": case["group"], "name": case["name"], "problem": run(case)}), flush=True)
    print(json.dumps({"called": {service: sorted(operations) for service, operations in CALLED.items()}}))


main(sys.argv[1])
