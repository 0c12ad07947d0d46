/** A question about AWS's behaviour that its documentation leaves open or answers twice. */
export interface OpenQuestion<Answer extends string> {
  /** Number in section 15 of the project's facts about policies. */
  readonly number: number
  readonly question: string
  /** What this engine does. The code asks here, so a new answer is a change of this line. */
  readonly answer: Answer
  readonly reason: string
}

function row<Answer extends string>(open: OpenQuestion<Answer>): OpenQuestion<Answer> {
  return open
}

/** One row a question; each has a test in `open-questions.test.ts`. The rule for all of them: where nobody can tell, deny. */
export const OPEN_QUESTIONS = {
  plainEveryone: row<'limited' | 'not limited'>({
    number: 1,
    question: 'Does an implicit deny of a boundary or session policy limit what a plain Principal "*" grants?',
    answer: 'limited',
    reason:
      'A boundary or session policy is set to limit; nothing documents that "*" goes around it, only that "*" with aws:PrincipalArn does.',
  }),
  plainOperatorOnList: row<'any value' | 'no value'>({
    number: 2,
    question: 'What does an operator without a set operator do on a multi-valued key?',
    answer: 'any value',
    reason:
      'A token whose `aud` is a list must satisfy StringEquals on `aud`, and a Deny must not be escaped by sending two values. The negated form stays the exact opposite.',
  }),
  emptyStringIsNull: row<'for set operators' | 'never'>({
    number: 3,
    question: 'Is an empty string a null value?',
    answer: 'for set operators',
    reason:
      'The page on multi-valued keys says so of ForAllValues and ForAnyValue. For Null and plain operators it is a value: a tag may be empty and still be there.',
  }),
  boolOfOtherText: row<'no match' | 'false'>({
    number: 4,
    question: 'What does Bool do with a value that is neither true nor false?',
    answer: 'no match',
    reason:
      'Neither side was met. Reading anything else as false would let garbage satisfy {"Bool": {"key": "false"}}.',
  }),
  binaryContextValue: row<'base64'>({
    number: 5,
    question: "How is the request's value of a BinaryEquals key encoded?",
    answer: 'base64',
    reason:
      "The policy's value is base64 and so are the `binary` context entries of the simulator API; bytes are compared, so padding does not matter.",
  }),
  shortArn: row<'padded'>({
    number: 6,
    question: 'What does a resource ARN with fewer than six fields match?',
    answer: 'padded',
    reason:
      'Missing fields count as `*` in policies of identities, and in policies of resources where the text has a wildcard; else it matches nothing. No documentation; as an engine compared with AWS found it.',
  }),
  roleNameCase: row<'exact'>({
    number: 7,
    question: 'Do a role ARN and a session ARN of the role match where only the case of the name differs?',
    answer: 'exact',
    reason: 'The page on Principal says that names are case-sensitive there.',
  }),
  arnNotOfOtherText: row<'undecided' | 'match' | 'no match'>({
    number: 8,
    question: 'Do ArnNotEquals and ArnNotLike match a value that is no ARN?',
    answer: 'undecided',
    reason: 'Engines differ. So it counts against the caller: a Deny applies, an Allow does not.',
  }),
  boolVariables: row<'replaced' | 'plain text'>({
    number: 9,
    question: 'Are variables replaced in values of Bool?',
    answer: 'replaced',
    reason:
      'The page on condition operators allows it under Boolean, the page on variables lists String and Arn. As plain text the condition could never match, which would open a Deny.',
  }),
  operatorNameCase: row<'exact'>({
    number: 10,
    question: 'Are names of condition operators compared without case?',
    answer: 'exact',
    reason:
      'Element names are case-sensitive in the grammar. Another spelling is refused when saved, and a Deny that has it denies.',
  }),
  wildcardInResourceType: row<'matched'>({
    number: 11,
    question: 'May a wildcard stand in the type part of a resource (`arn:aws:iam::123456789012:u*`)?',
    answer: 'matched',
    reason: 'The user guide says no, yet 78 resources in policies that AWS publishes do it (`arn:aws:ec2:*:*:*/*`).',
  }),
} as const
