import { type CompiledPolicy, type CompileOptions, compilePolicyText } from '../../policy/index.ts'

/** What explanations need of a policy and decisions do not. */
export interface PolicyText {
  readonly document: string
  /** `managed`: its source is an ARN. `inline`: it is part of its principal or session, and its source a name. */
  readonly kind: 'managed' | 'inline' | 'resource'
  /** `v1`, … of a managed policy. */
  readonly versionId?: string | undefined
  readonly principalIds?: CompileOptions['principalIds']
}

/** Beside the compiled policies, for as long as somebody has them: the compiled form stays what decisions read. */
const texts = new WeakMap<CompiledPolicy, PolicyText>()

/** Compiles a policy and remembers its text. @throws Error where the text is no policy: documents are checked before they are saved */
export function compileWithText(source: string, text: PolicyText): CompiledPolicy {
  const compiled = compilePolicyText(text.document, { source, principalIds: text.principalIds })
  texts.set(compiled, text)
  return compiled
}

export function policyTextOf(policy: CompiledPolicy): PolicyText | undefined {
  return texts.get(policy)
}
