import { AwsError } from '../aws/aws-error.ts'
import type { Constraint, ServiceConstraints } from '../aws/constraints.ts'
import type { OperationModel } from './service-model.ts'
import type { Member, Shape, StructureShape } from './shape.ts'

/**
 * Checks a decoded input against the service's model: required members (from the schema) and limits (from the table).
 *
 * @returns all that is broken in one error, in AWS's words: `2 validation errors detected: Value 'x' at 'roleName' failed to
 * satisfy constraint: …; Value …`. Values of sensitive members are never shown.
 */
export function validateInput(
  operation: OperationModel,
  input: Readonly<Record<string, unknown>>,
  constraints: ServiceConstraints,
): AwsError | undefined {
  const problems: string[] = []
  compiledValidator(operation.input, constraints)(input, '', problems)
  if (problems.length === 0) return undefined
  const shown = problems.slice(0, PROBLEMS_MAX)
  const heading = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected: `
  return new AwsError(constraints.error, heading + shown.join('; '))
}

/** More are counted, not shown. Our own limit. */
const PROBLEMS_MAX = 20
/** Longer values are cut in the message. Our own limit. */
const SHOWN_CHARACTERS_MAX = 1024

type Structure = Readonly<Record<string, unknown>>

/** @param path of the structure, with a dot at its end where it is not empty */
type StructureValidator = (value: Structure, path: string, problems: string[]) => void
type ValueValidator = (value: unknown, path: string, problems: string[]) => void

const compiled = new WeakMap<ServiceConstraints, WeakMap<StructureShape, StructureValidator>>()

function compiledValidator(shape: StructureShape, constraints: ServiceConstraints): StructureValidator {
  let ofService = compiled.get(constraints)
  if (!ofService) {
    ofService = new WeakMap()
    compiled.set(constraints, ofService)
  }
  let validator = ofService.get(shape)
  if (!validator) {
    validator = structureValidator(shape, constraints)
    ofService.set(shape, validator)
  }
  return validator
}

function structureValidator(shape: StructureShape, constraints: ServiceConstraints): StructureValidator {
  const validators = shape.members.map((member) => {
    // Compiled at the first use of the member, so that recursive shapes end.
    let validate: ValueValidator | undefined
    const validateLazily: ValueValidator = (value, path, problems) => {
      validate ??= memberValidator(member, constraintOf(constraints, shape.name, member.name), constraints)
      validate(value, path, problems)
    }
    return [member, lowerFirst(member.name), validateLazily] as const
  })
  return (structure, path, problems) => {
    for (const [member, name, validate] of validators) {
      const value = structure[member.name]
      if (value !== undefined) validate(value, path + name, problems)
      else if (member.isRequired) problems.push(problem('Value null', path + name, 'Member must not be null'))
    }
  }
}

/** AWS's paths: `roleName`, `sAMLOptions`, `uRL`. */
function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function memberValidator(
  member: Member,
  constraint: Constraint | undefined,
  constraints: ServiceConstraints,
): ValueValidator {
  const rules = constraint ? rulesOf(constraint, member.shape, constraints) : []
  const nested = nestedValidator(member, constraints)
  const show = valueForm(constraints.showsValue && !holdsSecrets(member))
  return (value, path, problems) => {
    const known = problems.length
    for (const rule of rules) {
      if (!rule.holds(value)) problems.push(problem(show(value), path, rule.claim))
    }
    if (problems.length === known && holdsNul(value, member.shape)) problems.push(problem('Value', path, NO_NUL))
    nested?.(value, path, problems)
  }
}

/** For texts that no pattern rules it out of: XML cannot carry the character, and PostgreSQL keeps no text that has it. */
const NO_NUL = 'Member must not contain the character U+0000'

function holdsNul(value: unknown, shape: Shape): boolean {
  switch (shape.kind) {
    case 'scalar':
      return typeof value === 'string' && value.includes('\0')
    case 'structure':
      return false
    case 'list':
      return (value as readonly unknown[]).some((element) => holdsNul(element, shape.element.shape))
    case 'map':
      return Object.entries(value as Structure).some(
        ([key, entry]) => key.includes('\0') || holdsNul(entry, shape.value.shape),
      )
  }
}

/** The structures inside of a value. Scalars in lists and maps are judged by the rules of the whole. */
function nestedValidator({ shape }: Member, constraints: ServiceConstraints): ValueValidator | undefined {
  switch (shape.kind) {
    case 'scalar':
      return undefined
    case 'structure': {
      const validate = compiledValidator(shape, constraints)
      return (value, path, problems) => validate(value as Structure, `${path}.`, problems)
    }
    case 'list': {
      const validate = nestedValidator(shape.element, constraints)
      if (!validate) return undefined
      return (value, path, problems) => {
        for (const [index, element] of (value as readonly unknown[]).entries()) {
          validate(element, `${path}.${index + 1}.member`, problems)
        }
      }
    }
    case 'map': {
      const validate = nestedValidator(shape.value, constraints)
      if (!validate) return undefined
      return (value, path, problems) => {
        for (const [key, entry] of Object.entries(value as Structure)) {
          validate(entry, `${path}.${key.slice(0, SHOWN_CHARACTERS_MAX)}.member`, problems)
        }
      }
    }
  }
}

function constraintOf({ table }: ServiceConstraints, structure: string, member: string): Constraint | undefined {
  const qualified = `${structure}.${member}`
  if (Object.hasOwn(table, qualified)) return table[qualified]
  return Object.hasOwn(table, member) ? table[member] : undefined
}

interface Rule {
  readonly claim: string
  holds(value: unknown): boolean
}

/** In the order in which AWS names them. A service that hides values hides the set of an enumeration too (recorded for IAM). */
function rulesOf(constraint: Constraint, shape: Shape, constraints: ServiceConstraints): Rule[] {
  const { min, max, pattern, patternText, enum: values } = constraint
  const measured = shape.kind === 'scalar' && shape.type === 'number' ? 'value' : 'length'
  const rules: Rule[] = []
  if (values) {
    const set = constraints.showsValue ? `: [${values.join(', ')}]` : ''
    rules.push({ claim: `Member must satisfy enum value set${set}`, holds: (value) => values.includes(String(value)) })
  }
  if (pattern) {
    const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gmy]/g, ''))
    const claim = `Member must satisfy regular expression pattern: ${patternText ?? pattern.source}`
    rules.push({ claim, holds: (value) => whole.test(String(value)) })
  }
  if (max !== undefined) {
    const claim = `Member must have ${measured} less than or equal to ${max}`
    rules.push({ claim, holds: (value) => sizeOf(value) <= max })
  }
  if (min !== undefined) {
    const claim = `Member must have ${measured} greater than or equal to ${min}`
    rules.push({ claim, holds: (value) => sizeOf(value) >= min })
  }
  return [...rules, ...partRules(constraint, shape, constraints)]
}

/** What is wrong with entries is told as one problem of the whole, with every rule for them. */
function partRules({ member, key, value }: Constraint, shape: Shape, constraints: ServiceConstraints): Rule[] {
  if (shape.kind === 'list')
    return member ? [partRule('Member', member, shape.element.shape, constraints, entriesOf)] : []
  if (shape.kind !== 'map') return []
  return [
    ...(key ? [partRule('Map keys', key, shape.key.shape, constraints, Object.keys)] : []),
    ...(value ? [partRule('Map value', value, shape.value.shape, constraints, Object.values)] : []),
  ]
}

function partRule(
  part: string,
  constraint: Constraint,
  shape: Shape,
  constraints: ServiceConstraints,
  partsOf: (value: object) => readonly unknown[],
): Rule {
  const rules = rulesOf(constraint, shape, constraints)
  return {
    claim: `${part} must satisfy constraint: [${rules.map((rule) => rule.claim).join(', ')}]`,
    holds: (value) => partsOf(value as object).every((entry) => rules.every((rule) => rule.holds(entry))),
  }
}

function entriesOf(list: object): readonly unknown[] {
  return list as readonly unknown[]
}

/** Characters of a string, bytes of a blob, entries of a list or map, the number itself. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length - (value.match(SURROGATE_PAIR)?.length ?? 0)
  if (typeof value === 'number') return value
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length
  return Object.keys(value as object).length
}

const SURROGATE_PAIR = /[\ud800-\udbff][\udc00-\udfff]/g

function holdsSecrets({ isSensitive, shape }: Member): boolean {
  if (shape.kind === 'list') return isSensitive || shape.element.isSensitive
  return isSensitive || (shape.kind === 'map' && (shape.key.isSensitive || shape.value.isSensitive))
}

function valueForm(isShown: boolean): (value: unknown) => string {
  return isShown ? (value) => `Value '${shownText(value).slice(0, SHOWN_CHARACTERS_MAX)}'` : () => 'Value'
}

/** As Java prints them: `[a, b]`, `{k=v}`. What has structures inside is left out: its secrets are not known here. */
function shownText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shownText).join(', ')}]`
  if (value instanceof Date) return value.toISOString()
  if (typeof value !== 'object' || value === null) return String(value)
  return '{…}'
}

function problem(value: string, path: string, claim: string): string {
  return `${value} at '${path}' failed to satisfy constraint: ${claim}`
}
