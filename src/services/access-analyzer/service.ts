import type { Service } from '../../access/service.ts'
import { checkAccessNotGranted, checkNoNewAccess, checkNoPublicAccess } from './check-access.ts'
import { ACCESS_ANALYZER_CONSTRAINTS } from './constraints.ts'
import type { AccessAnalyzerDependencies } from './dependencies.ts'
import { validatePolicy } from './validate-policy.ts'

/** IAM Access Analyzer: its checks of policies. Analyzers, which watch the resources of an account, are not built. */
export const ACCESS_ANALYZER: Service<AccessAnalyzerDependencies> = {
  protocol: {
    name: 'accessanalyzer',
    protocol: 'rest-json',
    apiVersion: '2019-11-01',
    signingNames: ['access-analyzer'],
  },
  loadSchemas: () => import('@aws-sdk/client-accessanalyzer'),
  constraints: ACCESS_ANALYZER_CONSTRAINTS,
  operations: [checkAccessNotGranted, checkNoNewAccess, checkNoPublicAccess, validatePolicy],
}
