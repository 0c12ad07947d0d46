import { expect, test } from 'vitest'
import { ALL_SERVICES, EKS, IAM, METERING, S3 } from './testing/services.ts'
import { unknownOperation } from './unknown-operation.ts'

test.each([
  [IAM, 'InvalidAction', 400, 'Could not find operation X for version 2010-05-08'],
  [EKS, 'UnknownOperationException', 404, 'Unknown operation X'],
  [METERING, 'UnknownOperationException', 400, 'Unknown operation X'],
  [S3, 'NotImplemented', 501, 'A header you provided implies functionality that is not implemented'],
])('$name says that it lacks an operation', (service, code, status, message) => {
  expect(unknownOperation(service, 'X')).toMatchObject({ code, status, message })
})

test('no answer has a status that clients retry', () => {
  const retried = [408, 429, 500, 502, 503, 504]
  for (const service of ALL_SERVICES) expect(retried).not.toContain(unknownOperation(service, 'X').status)
})
