import { matching, type ServiceConstraints } from '../../aws/constraints.ts'

export const IAM_TOOLBOX_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'ValidationException', status: 400 },
  showsValue: true,
  table: {
    /** The maximum is documented with GetRequestAuthorizationPolicy. */
    authorizationId: { max: 256, ...matching('[0123456789abcdefghijklmnopqrstuvwxyz]+') },
  },
}
