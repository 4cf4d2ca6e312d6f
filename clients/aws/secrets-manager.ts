import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { noRegion } from "./no-region.ts";
import { currentLabel } from "../../domain/secrets/copy.ts";

/** The parts of AWS Secrets Manager that keeping and restoring secrets needs. */
export interface SecretsManager {
  /**
   * The text of the version with this staging label; undefined when the secret, or a version with the label, is missing.
   * If the secret is scheduled for deletion, the deletion is cancelled first: otherwise its values cannot be read.
   */
  read(name: string, label: string): Promise<string | undefined>;
  /** Adds a version, moves the label to it, and returns its id. A secret's first version is current at once. */
  put(name: string, text: string, label: string): Promise<string>;
  /** Makes a version `AWSCURRENT`; the former current version becomes `AWSPREVIOUS`. */
  makeCurrent(name: string, version: string): Promise<void>;
}

/** Milliseconds for each of the three tries. */
const limits = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** What each error of AWS means, and what to do about it, by the error's name. */
const meanings: Readonly<Record<string, { readonly code: ErrorCode; readonly next: string }>> = {
  AccessDeniedException: {
    code: "secrets-manager-forbidden",
    next: "ask for the IAM policy in docs/secrets.md, and for the use of the KMS key that encrypts the copies",
  },
  CredentialsProviderError: {
    code: "aws-credentials-missing",
    next: "log in to AWS: set AWS_PROFILE, or run `aws sso login`",
  },
  DecryptionFailure: {
    code: "kms-key-unusable",
    next: "check whether the KMS key is enabled and its policy lets you decrypt",
  },
  EncryptionFailure: {
    code: "kms-key-unusable",
    next: "check whether the KMS key is enabled and its policy lets you encrypt",
  },
  ExpiredTokenException: { code: "aws-credentials-rejected", next: "log in to AWS again" },
  UnrecognizedClientException: {
    code: "aws-credentials-rejected",
    next: "check AWS_PROFILE or the access key",
  },
};

/**
 * A client for AWS Secrets Manager in `region` (default: AWS_REGION, else the region of the AWS profile). It uses the
 * credentials that the AWS CLI would use. `progress` gets a line when the deletion of a secret is cancelled.
 */
export function connectSecretsManager(
  region: string | undefined,
  signal: AbortSignal,
  progress: (line: string) => void,
): SecretsManager {
  const client = new SecretsManagerClient({ ...(region !== undefined && { region }), requestHandler: limits });
  const options = { abortSignal: signal };

  return {
    async read(SecretId, label) {
      const secret = await asked(SecretId, signal, () => client.send(new DescribeSecretCommand({ SecretId }), options));
      if (secret === undefined) return undefined;
      if (secret.DeletedDate !== undefined) {
        await asked(SecretId, signal, () => client.send(new RestoreSecretCommand({ SecretId }), options));
        progress(`${SecretId} was scheduled for deletion; the deletion has been cancelled`);
      }
      // Checked before the value is read: AWS answers an unknown label and an unknown secret with the same error.
      if (!Object.values(secret.VersionIdsToStages ?? {}).some((labels) => labels.includes(label))) return undefined;
      const value = await asked(SecretId, signal, () =>
        client.send(new GetSecretValueCommand({ SecretId, VersionStage: label }), options),
      );
      return value === undefined ? undefined : (value.SecretString ?? "");
    },

    async put(SecretId, SecretString, label) {
      const command = new PutSecretValueCommand({ SecretId, SecretString, VersionStages: [label] });
      const answer = await asked(SecretId, signal, () => client.send(command, options));
      if (answer?.VersionId !== undefined) return answer.VersionId;
      throw new RecoveryError("secret-copy-missing", `${SecretId} does not exist in AWS Secrets Manager`, {
        next: "create it first with `pulumi up`",
      });
    },

    async makeCurrent(SecretId, MoveToVersionId) {
      const secret = await asked(SecretId, signal, () => client.send(new DescribeSecretCommand({ SecretId }), options));
      const [RemoveFromVersionId] =
        Object.entries(secret?.VersionIdsToStages ?? {}).find(([, labels]) => labels.includes(currentLabel)) ?? [];
      if (RemoveFromVersionId === MoveToVersionId) return;
      const stage = { SecretId, VersionStage: currentLabel, MoveToVersionId, RemoveFromVersionId };
      await asked(SecretId, signal, () => client.send(new UpdateSecretVersionStageCommand(stage), options));
    },
  };
}

/** The answer; undefined when AWS has no secret of that name. The text of AWS's errors never contains a value. */
async function asked<T>(name: string, signal: AbortSignal, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    if (error.name === "ResourceNotFoundException") return undefined;
    const missing = noRegion(error);
    if (missing !== undefined) throw missing;
    const { code, next } = meanings[error.name] ?? { code: "secrets-manager-failed", next: undefined };
    throw new RecoveryError(code, `AWS Secrets Manager: ${name}: ${error.name}: ${messageOf(error)}`, {
      next,
      cause: error,
    });
  }
}
