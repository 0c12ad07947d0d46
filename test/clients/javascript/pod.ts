/** What runs in a pod of the test: clients that are told nothing but what the pod's environment says. Prints what it got as JSON. */
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const at = { Bucket: process.argv[2], Key: 'config.json' }
const s3 = new S3Client({})
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'allowed',
    (error: Error) => error.name,
  )

console.log(
  JSON.stringify({
    identity: (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn,
    read: await (await s3.send(new GetObjectCommand(at))).Body?.transformToString(),
    write: await refusal(s3.send(new PutObjectCommand({ ...at, Body: 'x' }))),
    roles: await refusal(new IAMClient({}).send(new ListRolesCommand({}))),
  }),
)
