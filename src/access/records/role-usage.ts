import type { Caller } from '../../aws/caller.ts'
import type { Store } from '../../store/store.ts'

/** What GetRole shows as `RoleLastUsed`: noted for every call of a role's session, written now and then. */
export interface RoleUsage {
  note(caller: Caller, region: string, now: number): void
  /** Writes what was noted since the last time. */
  flush(): Promise<void>
}

/** Roles whose use waits to be written; further ones are noted again at their next call. */
const WAITING_ROLES_MAX = 10_000

interface Use {
  readonly region: string
  readonly at: number
}

/** Notes in memory, so that a call pays for no write. AWS's own figure is late by up to hours as well. */
export function openRoleUsage(store: Store): RoleUsage {
  let waiting = new Map<string, Use>()
  return {
    note(caller, region, now) {
      if (caller.kind !== 'assumed-role') return
      if (waiting.size < WAITING_ROLES_MAX || waiting.has(caller.roleId))
        waiting.set(caller.roleId, { region, at: now })
    },
    async flush() {
      const uses = waiting
      waiting = new Map()
      if (uses.size === 0) return
      await store.write(async (writes) => {
        for (const [roleId, use] of uses) {
          await writes
            .updateTable('roles')
            .set({ last_used_at: use.at, last_used_region: use.region })
            .where('role_id', '=', roleId)
            .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', use.at)]))
            .execute()
        }
      })
    },
  }
}
