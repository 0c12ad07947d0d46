import type { DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse } from '@aws-sdk/client-sts'
import { explainedMessage, openAuthorizationMessage } from '../../access/denials/authorization-message.ts'
import { explainDenial } from '../../access/denials/denial-explanation.ts'
import { findDenial } from '../../access/denials/denial-records.ts'
import { AwsError } from '../../aws/aws-error.ts'
import type { StsOperation } from './dependencies.ts'

const INVALID_AUTHORIZATION_MESSAGE = { code: 'InvalidAuthorizationMessageException', status: 400 }

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html */
export const decodeAuthorizationMessage: StsOperation<
  DecodeAuthorizationMessageRequest,
  DecodeAuthorizationMessageResponse
> = {
  name: 'DecodeAuthorizationMessage',
  requires: { kind: 'allowed', requirements: () => [{ action: 'sts:DecodeAuthorizationMessage', resource: '*' }] },
  async handle({ input, accountId }, { keyRing, store }) {
    const message = openAuthorizationMessage(keyRing, input.EncodedMessage, accountId)
    if (message === undefined) {
      throw new AwsError(INVALID_AUTHORIZATION_MESSAGE, 'Message is not valid')
    }
    const denial =
      message.authorizationId === undefined
        ? undefined
        : await findDenial(store.reads, accountId, message.authorizationId)
    return { DecodedMessage: denial === undefined ? message.text : explainedMessage(explainDenial(denial)) }
  },
}
