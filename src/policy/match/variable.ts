import type { RequestContext } from '../request.ts'
import { ANY_RUN, type GlobToken, globTokens } from './glob.ts'

/** Text of a policy, cut into what is meant literally, wildcards and variables. */
export interface Template {
  readonly parts: readonly (GlobToken | Variable)[]
  /** Context keys of its variables, in lower case. */
  readonly keys: readonly string[]
  /** A `${` that opens no variable: nobody can tell what the author meant. */
  readonly malformed: boolean
}

export interface Variable {
  /** The context key as written. */
  readonly name: string
  /** The same in lower case. */
  readonly key: string
  readonly fallback: string | undefined
}

export interface TemplateSyntax {
  /** False before version 2012-10-17: `${` is then plain text. */
  readonly variables: boolean
  /** False where `*` and `?` are plain text (StringEquals). */
  readonly wildcards: boolean
}

/** `${*}`, `${?}` and `${$}` stand for the character itself. */
const ESCAPES: readonly string[] = ['*', '?', '$']

/**
 * Reads `${key}`, `${key, 'default'}`, the escapes and, where asked for, wildcards.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function parseTemplate(text: string, syntax: TemplateSyntax): Template {
  const plain = (part: string): readonly GlobToken[] =>
    syntax.wildcards ? globTokens(part) : part === '' ? [] : [part]
  if (!syntax.variables || !text.includes('${')) return { parts: plain(text), keys: [], malformed: false }
  const parts: (GlobToken | Variable)[] = []
  let malformed = false
  let from = 0
  for (;;) {
    const open = text.indexOf('${', from)
    if (open < 0) break
    parts.push(...plain(text.slice(from, open)))
    const reference = readReference(text, open + 2)
    if (reference === undefined) {
      malformed = true
      from = open
      break
    }
    parts.push(reference.part)
    from = reference.end
  }
  parts.push(...plain(text.slice(from)))
  return { parts: mergeText(parts), keys: parts.filter(isVariable).map(({ key }) => key), malformed }
}

/**
 * The template for one request. Values can make a text thousands of times longer than what the author wrote, so no more of it is made than could match.
 *
 * @param charactersMax  length of the text that it is compared with: literal text longer than that cannot match
 * @returns undefined where a variable has neither a value nor a default, or there is more text than can match
 */
export function resolveTokens(
  template: Template,
  context: RequestContext,
  charactersMax: number,
): readonly GlobToken[] | undefined {
  const tokens: GlobToken[] = []
  let characters = 0
  for (const part of template.parts) {
    const token = isVariable(part) ? replacementOf(part, context) : part
    if (token === undefined) return undefined
    if (typeof token === 'string') characters += token.length
    if (characters > charactersMax) return undefined
    tokens.push(token)
  }
  return tokens
}

/** The same as one text, wildcards as they are written. */
export function resolveText(template: Template, context: RequestContext, charactersMax: number): string | undefined {
  return resolveTokens(template, context, charactersMax)?.map(tokenText).join('')
}

/** Has every variable a value or a default? */
export function hasValues(template: Template, context: RequestContext): boolean {
  return template.parts.every((part) => !isVariable(part) || replacementOf(part, context) !== undefined)
}

function tokenText(token: GlobToken): string {
  if (typeof token === 'string') return token
  return token === ANY_RUN ? '*' : '?'
}

/** Does the template read the request? If not, its parts are tokens as they are. */
export function isConstant(template: Template): template is Template & { readonly parts: readonly GlobToken[] } {
  return template.keys.length === 0
}

export function isVariable(part: GlobToken | Variable): part is Variable {
  return typeof part === 'object'
}

/** Variables take single-valued keys only; a list has no text to put in, and a default stands for an absent value, not for an unsuitable one. */
function replacementOf(variable: Variable, context: RequestContext): string | undefined {
  const value = context.get(variable.key)
  if (value === undefined) return variable.fallback
  return typeof value === 'string' ? value : undefined
}

/** Reads what follows `${`. */
function readReference(
  text: string,
  from: number,
): { readonly part: string | Variable; readonly end: number } | undefined {
  const escaped = text[from] ?? ''
  if (ESCAPES.includes(escaped) && text[from + 1] === '}') return { part: escaped, end: from + 2 }
  const close = text.indexOf('}', from)
  if (close < 0) return undefined
  const quoteInKey = text.slice(from, close).indexOf(", '")
  const quote = from + quoteInKey
  if (quoteInKey < 0) {
    const key = text.slice(from, close)
    return isKey(key) ? { part: variable(key, undefined), end: close + 1 } : undefined
  }
  const end = text.indexOf("'}", quote + 3)
  const key = text.slice(from, quote)
  if (end < 0 || !isKey(key)) return undefined
  return { part: variable(key, text.slice(quote + 3, end)), end: end + 2 }
}

function variable(name: string, fallback: string | undefined): Variable {
  return { name, key: name.toLowerCase(), fallback }
}

/** A context key: no brace, quote or comma, and spaces only inside the name of a tag (`aws:PrincipalTag/cost centre`). */
function isKey(text: string): boolean {
  return /^[^\s{}$',/*?]+(?:\/[^{}$',]*[^\s{}$',])?$/.test(text)
}

function mergeText(parts: readonly (GlobToken | Variable)[]): readonly (GlobToken | Variable)[] {
  const merged: (GlobToken | Variable)[] = []
  for (const part of parts) {
    const previous = merged.at(-1)
    if (typeof part === 'string' && typeof previous === 'string') merged[merged.length - 1] = previous + part
    else merged.push(part)
  }
  return merged
}
