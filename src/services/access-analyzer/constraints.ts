import type { Constraint, ServiceConstraints } from '../../aws/constraints.ts'

/**
 * Limits of Access Analyzer's input members.
 * Source: the service model, compared with it by test/constraints-parity.test.ts.
 */
const CHECKED_TYPE: Constraint = { enum: ['IDENTITY_POLICY', 'RESOURCE_POLICY'] }

export const ACCESS_ANALYZER_CONSTRAINTS: ServiceConstraints = {
  error: { code: 'ValidationException', status: 400 },
  showsValue: true,
  table: {
    access: { min: 0, max: 1 },
    actions: { min: 0, max: 100 },
    'CheckAccessNotGrantedRequest.policyType': CHECKED_TYPE,
    'CheckNoNewAccessRequest.policyType': CHECKED_TYPE,
    locale: { enum: ['DE', 'EN', 'ES', 'FR', 'IT', 'JA', 'KO', 'PT_BR', 'ZH_CN', 'ZH_TW'] },
    resources: { min: 0, max: 100, member: { min: 0, max: 2048 } },
    resourceType: {
      enum: [
        'AWS::DynamoDB::Table',
        'AWS::DynamoDB::Stream',
        'AWS::EFS::FileSystem',
        'AWS::OpenSearchService::Domain',
        'AWS::Kinesis::Stream',
        'AWS::Kinesis::StreamConsumer',
        'AWS::KMS::Key',
        'AWS::Lambda::Function',
        'AWS::S3::Bucket',
        'AWS::S3::AccessPoint',
        'AWS::S3Express::DirectoryBucket',
        'AWS::S3::Glacier',
        'AWS::S3Outposts::Bucket',
        'AWS::S3Outposts::AccessPoint',
        'AWS::SecretsManager::Secret',
        'AWS::SNS::Topic',
        'AWS::SQS::Queue',
        'AWS::IAM::AssumeRolePolicyDocument',
        'AWS::S3Tables::TableBucket',
        'AWS::ApiGateway::RestApi',
        'AWS::CodeArtifact::Domain',
        'AWS::Backup::BackupVault',
        'AWS::CloudTrail::Dashboard',
        'AWS::CloudTrail::EventDataStore',
        'AWS::S3Tables::Table',
        'AWS::S3Express::AccessPoint',
      ],
    },
    'ValidatePolicyRequest.policyType': {
      enum: ['IDENTITY_POLICY', 'RESOURCE_POLICY', 'SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'],
    },
    validatePolicyResourceType: {
      enum: [
        'AWS::S3::Bucket',
        'AWS::S3::AccessPoint',
        'AWS::S3::MultiRegionAccessPoint',
        'AWS::S3ObjectLambda::AccessPoint',
        'AWS::IAM::AssumeRolePolicyDocument',
        'AWS::DynamoDB::Table',
      ],
    },
  },
}
