import type { ServiceProtocol } from '../../aws/service-protocol.ts'

/** The services as the tests of this folder need them; the product's own stand in `services/`. */
export const IAM: ServiceProtocol = {
  name: 'iam',
  protocol: 'query',
  apiVersion: '2010-05-08',
  signingNames: ['iam'],
  xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
}

export const STS: ServiceProtocol = {
  name: 'sts',
  protocol: 'query',
  apiVersion: '2011-06-15',
  signingNames: ['sts'],
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
}

export const EKS: ServiceProtocol = {
  name: 'eks',
  protocol: 'rest-json',
  apiVersion: '2017-11-01',
  signingNames: ['eks'],
}

export const METERING: ServiceProtocol = {
  name: 'meteringmarketplace',
  protocol: 'json-1.1',
  apiVersion: '2016-01-14',
  signingNames: ['aws-marketplace'],
  targetPrefix: 'AWSMPMeteringService',
}

export const S3: ServiceProtocol = {
  name: 's3',
  protocol: 'rest-xml',
  apiVersion: '2006-03-01',
  signingNames: ['s3'],
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
}

/** Shares IAM's signing name. */
export const IAM_TOOLBOX: ServiceProtocol = {
  name: 'iam-toolbox',
  protocol: 'rest-json',
  apiVersion: '2018-05-10',
  signingNames: ['iam'],
}

export const ALL_SERVICES: readonly ServiceProtocol[] = [IAM, STS, EKS, METERING, S3, IAM_TOOLBOX]
