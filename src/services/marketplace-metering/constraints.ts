import { type Constraint, matching, type ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of Marketplace Metering's input members.
 * Source: the service model, compared with it by test/constraints-parity.test.ts.
 */
const QUANTITY: Constraint = { min: 0, max: 2_147_483_647 }
const DIMENSION: Constraint = { min: 1, max: 255, ...matching('[\\s\\S]+') }
/** The part ` -=` is a range, from the space to the equals sign, in the model too. */
const TAG_CHARACTERS = '^[a-zA-Z0-9+ -=._:\\/@]+$'
const LICENSE_ARN =
  '^arn:aws[a-zA-Z-]*:[A-Za-z0-9][A-Za-z0-9_/.-]{0,62}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9_/.-]{0,63}:[A-Za-z0-9][A-Za-z0-9:_/+=,@.-]{0,1023}$'

export const MARKETPLACE_METERING_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'ValidationException', status: 400 },
  showsValue: true,
  table: {
    AllocatedUsageQuantity: QUANTITY,
    ClientToken: { min: 1, max: 64 },
    CustomerAWSAccountId: { min: 1, max: 255, ...matching('^[0-9]+$') },
    CustomerIdentifier: { min: 0, max: 255, ...matching('[\\s\\S]*') },
    Dimension: DIMENSION,
    LicenseArn: matching(LICENSE_ARN),
    Nonce: { max: 255, ...matching('[\\s\\S]*') },
    ProductCode: { min: 0, max: 255, ...matching('^[-a-zA-Z0-9/=:_.@]*$') },
    PublicKeyVersion: { min: 1 },
    Quantity: QUANTITY,
    RegistrationToken: matching('[\\s\\S]+'),
    Tags: { min: 1, max: 5 },
    'Tag.Key': { min: 1, max: 100, ...matching(TAG_CHARACTERS) },
    'Tag.Value': { min: 1, max: 256, ...matching(TAG_CHARACTERS) },
    UsageAllocations: { min: 1, max: 2500 },
    UsageDimension: DIMENSION,
    UsageQuantity: QUANTITY,
    UsageRecords: { min: 0, max: 25 },
  },
}
