import { run } from '../../support/shell.ts'

export interface Terraform {
  /** Runs a command on a state file of its own. @throws Error with what Terraform printed, where it fails */
  apply(state: string, variables: Variables): Promise<Summary>
  destroy(state: string, variables: Variables): Promise<Summary>
  /** The actions that Terraform would take, by address; empty where everything is as configured. */
  plan(state: string, variables: Variables): Promise<readonly string[]>
  show(state: string): Promise<ShownState>
}

export type Variables = Readonly<Record<string, string | number | object>>

/** What a run says that it did. */
export interface Summary {
  readonly added: number
  readonly changed: number
  readonly destroyed: number
}

export interface ShownState {
  readonly outputs: Readonly<Record<string, { readonly value: unknown }>>
  readonly resources: readonly ShownResource[]
}

export interface ShownResource {
  readonly address: string
  readonly type: string
  readonly mode: 'managed' | 'data'
  // biome-ignore lint/suspicious/noExplicitAny: attributes are as the resource's type says
  readonly values: Readonly<Record<string, any>>
}

/** Exit code of `plan -detailed-exitcode` where there is something to do. */
const HAS_CHANGES = 2

/**
 * Prepares a folder of `.tf` files. The AWS provider comes from where the machine's Terraform finds it (a mirror, or the registry).
 *
 * @returns the reason where Terraform or its AWS provider is not there
 */
export async function initTerraform(folder: string, environment: Record<string, string>): Promise<Terraform | string> {
  // The provider would try 25 times, for minutes, what ends in a server error.
  const settings = {
    ...environment,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
    AWS_MAX_ATTEMPTS: '3',
  }
  const terraform = (...args: string[]) => run('terraform', args, settings, { cwd: folder })
  const prepared = await terraform('init', '-no-color').catch(() => undefined)
  if (prepared === undefined) return 'terraform is not installed'
  if (prepared.code !== 0) return 'the AWS provider of Terraform is not installed (terraform init fails)'
  const succeed = async (...args: string[]) => {
    const ran = await terraform(...args)
    if (ran.code !== 0) throw new Error(`terraform ${args[0]} failed:\n${ran.stderr}`)
    return ran.stdout
  }
  const change = async (command: 'apply' | 'destroy', state: string, variables: Variables) =>
    summary(await succeed(command, '-no-color', '-auto-approve', `-state=${state}`, ...flags(variables)))
  return {
    apply: (state, variables) => change('apply', state, variables),
    destroy: (state, variables) => change('destroy', state, variables),
    async plan(state, variables) {
      const ran = await terraform('plan', '-no-color', '-detailed-exitcode', `-state=${state}`, ...flags(variables))
      if (ran.code !== 0 && ran.code !== HAS_CHANGES) throw new Error(`terraform plan failed:\n${ran.stderr}`)
      const actions = Array.from(ran.stdout.matchAll(/^ *# (.* (?:will|must) be .*)$/gm), ([, action = '']) => action)
      return ran.code === HAS_CHANGES && actions.length === 0 ? [ran.stdout] : actions
    },
    async show(state) {
      const { values } = JSON.parse(await succeed('show', '-json', state))
      return { outputs: values?.outputs ?? {}, resources: values?.root_module?.resources ?? [] }
    },
  }
}

function flags(variables: Variables): string[] {
  return Object.entries(variables).map(
    ([name, value]) => `-var=${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
}

function summary(printed: string): Summary {
  const line = /(?:Apply|Destroy) complete! .*/.exec(printed)?.[0] ?? ''
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0)
  return {
    added: count('added'),
    changed: count('changed'),
    destroyed: count('destroyed'),
  }
}
