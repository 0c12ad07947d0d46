import type { Service } from '../../access/service.ts'
import { batchMeterUsage } from './batch-meter-usage.ts'
import { MARKETPLACE_METERING_CONSTRAINTS } from './constraints.ts'
import { resolveCustomer } from './customer.ts'
import type { MarketplaceMeteringDependencies } from './dependencies.ts'
import { meterUsage } from './meter-usage.ts'
import { registerUsage } from './register-usage.ts'

/** AWS Marketplace Metering Service. */
export const MARKETPLACE_METERING: Service<MarketplaceMeteringDependencies> = {
  protocol: {
    name: 'meteringmarketplace',
    protocol: 'json-1.1',
    apiVersion: '2016-01-14',
    signingNames: ['aws-marketplace'],
    targetPrefix: 'AWSMPMeteringService',
  },
  loadSchemas: () => import('@aws-sdk/client-marketplace-metering'),
  constraints: MARKETPLACE_METERING_CONSTRAINTS,
  operations: [batchMeterUsage, meterUsage, registerUsage, resolveCustomer],
}
