import type { DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse } from '@aws-sdk/client-sts'
import { openAuthorizationMessage } from '../../access/authorization-message.ts'
import type { Operation } from '../../access/operation.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { StsDependencies } from './dependencies.ts'

const INVALID_AUTHORIZATION_MESSAGE = { code: 'InvalidAuthorizationMessageException', status: 400 }

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html */
export const decodeAuthorizationMessage: Operation<
  DecodeAuthorizationMessageRequest,
  DecodeAuthorizationMessageResponse,
  StsDependencies
> = {
  name: 'DecodeAuthorizationMessage',
  requires: { kind: 'allowed', requirements: () => [{ action: 'sts:DecodeAuthorizationMessage', resource: '*' }] },
  async handle({ input, accountId }, { keyRing }) {
    const message = openAuthorizationMessage(keyRing, input.EncodedMessage ?? '', accountId)
    if (message === undefined) {
      throw new AwsError(INVALID_AUTHORIZATION_MESSAGE, 'Message is not valid')
    }
    return { DecodedMessage: message }
  },
}
