import type { Service } from '../../access/service.ts'
import { getRequestAuthorizationDetails } from './authorization-details.ts'
import { IAM_TOOLBOX_CONSTRAINTS } from './constraints.ts'
import type { IamToolboxDependencies } from './dependencies.ts'

/** IAM Toolbox (preview): why a request was denied. Shares IAM's signing name; its paths tell it apart. */
export const IAM_TOOLBOX: Service<IamToolboxDependencies> = {
  protocol: { name: 'iam-toolbox', protocol: 'rest-json', apiVersion: '2018-05-10', signingNames: ['iam'] },
  loadSchemas: () => import('./schemas.ts'),
  constraints: IAM_TOOLBOX_CONSTRAINTS,
  operations: [getRequestAuthorizationDetails],
}
