import './reflect-metadata.ts'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/**
 * A private certificate authority for tests: what @peculiar/x509 makes is independent of the code under test.
 */
export interface TestCertificate {
  readonly pem: string
  readonly keyPem: string
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR_MS = 3_600_000

export interface IssueOptions {
  readonly isCa?: boolean
  readonly dnsNames?: readonly string[]
  readonly addresses?: readonly string[]
  readonly notAfter?: Date
  readonly signedBy?: TestCertificate
}

export async function issueCertificate(commonName: string, options: IssueOptions): Promise<TestCertificate> {
  const keys = await crypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: `CN=${commonName}`,
    issuer: options.signedBy?.certificate.subject ?? `CN=${commonName}`,
    notBefore: new Date(Date.now() - 48 * HOUR_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + HOUR_MS),
    publicKey: keys.publicKey,
    signingKey: options.signedBy?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(options.isCa ?? false, undefined, true),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
  return { pem: certificate.toString('pem'), keyPem, certificate, keys }
}
