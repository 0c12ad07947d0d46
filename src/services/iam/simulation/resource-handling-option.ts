import { AwsError } from '../../../aws/aws-error.ts'
import { INVALID_INPUT } from '../../../aws/error-codes.ts'

/** The first parts of EC2's resource ARNs that each scenario needs (API reference, SimulateCustomPolicy). */
const IN_VPC = ['instance', 'image', 'security-group', 'network-interface']
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'EC2-VPC-InstanceStore': IN_VPC,
  'EC2-VPC-InstanceStore-Subnet': [...IN_VPC, 'subnet'],
  'EC2-VPC-EBS': [...IN_VPC, 'volume'],
  'EC2-VPC-EBS-Subnet': [...IN_VPC, 'subnet', 'volume'],
}

/**
 * Checks that all resources of a scenario are there, so that its answer is about the whole call.
 * @throws AwsError `InvalidInput`
 */
export function checkHandlingOption(option: string, resources: readonly string[]): void {
  const needed = Object.hasOwn(SCENARIOS, option) ? SCENARIOS[option] : undefined
  if (needed === undefined) {
    throw new AwsError(
      INVALID_INPUT,
      `Invalid ResourceHandlingOption: ${option}. Valid options: ${Object.keys(SCENARIOS).join(', ')}.`,
    )
  }
  const given = new Set(resources.map((arn) => /^arn:[^:]*:ec2:[^:]*:[^:]*:([^/]+)\//.exec(arn)?.[1]))
  const missing = needed.filter((type) => !given.has(type))
  if (missing.length > 0) {
    throw new AwsError(
      INVALID_INPUT,
      `ResourceHandlingOption ${option} needs resources of these types: ${missing.join(', ')}.`,
    )
  }
}
