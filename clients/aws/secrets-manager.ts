import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type DescribeSecretCommandOutput,
  type SecretListEntry,
} from "@aws-sdk/client-secrets-manager";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { endpointSettings } from "./endpoint.ts";
import { noRegion } from "./no-region.ts";
import { currentLabel, type AttachedLabel, type SecretVersion } from "../../domain/secrets/copy-labels.ts";
import type { KeptSecret } from "../../domain/secrets/copy-place.ts";

/** The parts of AWS Secrets Manager that keeping and restoring secrets needs. */
export interface SecretsManager {
  /** A secret without its values; undefined when it does not exist. Nothing is changed. */
  find(name: string): Promise<KeptSecret | undefined>;
  /** All secrets whose name begins with `prefix`, also those that are scheduled for deletion. */
  list(prefix: string): Promise<KeptSecret[]>;
  /** The versions of a secret that have a label; empty when it does not exist. */
  versions(name: string): Promise<SecretVersion[]>;
  /** The text of the version with this staging label; undefined when the secret, or a version with the label, is missing. */
  read(name: string, label: string): Promise<string | undefined>;
  /** Cancels a scheduled deletion, so that the values can be read again. */
  cancelDeletion(name: string): Promise<void>;
  /** Adds a version, moves the label to it, and returns its id. A secret's first version is current at once. */
  put(name: string, text: string, label: string): Promise<string>;
  /** Makes a version `AWSCURRENT`; the former current version becomes `AWSPREVIOUS`. */
  makeCurrent(name: string, version: string): Promise<void>;
  /** Removes a label from its version. AWS may later delete a version without labels. */
  removeLabel(name: string, attached: AttachedLabel): Promise<void>;
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

/** Which Secrets Manager to use. */
export interface SecretsManagerAccess {
  /** Such as `eu-west-2`. Default: AWS_REGION, else the region of the AWS profile. */
  readonly region?: string | undefined;
  /** Address of Secrets Manager, such as that of a VPC endpoint. Default: AWS's public address of the region. */
  readonly endpointUrl?: string | undefined;
}

/**
 * A client for AWS Secrets Manager. It uses the credentials that the AWS CLI would use. `progress` gets a line when the
 * deletion of a secret is cancelled.
 */
export function connectSecretsManager(
  { endpointUrl, region }: SecretsManagerAccess,
  signal: AbortSignal,
  progress: (line: string) => void,
): SecretsManager {
  const client = new SecretsManagerClient({
    ...(region !== undefined && { region }),
    ...endpointSettings(endpointUrl),
    requestHandler: limits,
  });
  const options = { abortSignal: signal };
  const describe = (SecretId: string) =>
    asked(SecretId, signal, () => client.send(new DescribeSecretCommand({ SecretId }), options));

  return {
    async find(name) {
      const secret = await describe(name);
      return secret && keptSecret({ Name: name, ...secret });
    },

    async list(prefix) {
      const found: KeptSecret[] = [];
      let NextToken: string | undefined;
      do {
        const command = new ListSecretsCommand({
          Filters: [{ Key: "name", Values: [prefix] }],
          IncludePlannedDeletion: true,
          NextToken,
        });
        const answer = await asked(`secrets named ${prefix}…`, signal, () => client.send(command, options));
        found.push(...(answer?.SecretList ?? []).map(keptSecret));
        NextToken = following(answer);
      } while (NextToken !== undefined);
      return found.filter(({ name }) => name.startsWith(prefix));
    },

    async versions(SecretId) {
      const found: SecretVersion[] = [];
      let NextToken: string | undefined;
      do {
        const command = new ListSecretVersionIdsCommand({ SecretId, NextToken });
        const answer = await asked(SecretId, signal, () => client.send(command, options));
        for (const { VersionId = "", CreatedDate, VersionStages = [] } of answer?.Versions ?? [])
          found.push({ id: VersionId, created: CreatedDate?.getTime() ?? 0, labels: VersionStages });
        NextToken = following(answer);
      } while (NextToken !== undefined);
      return found;
    },

    async read(SecretId, label) {
      // Checked before the value is read: AWS answers an unknown label and an unknown secret with the same error.
      const secret = await describe(SecretId);
      if (secret === undefined || !labelsOf(secret.VersionIdsToStages).includes(label)) return undefined;
      const value = await asked(SecretId, signal, () =>
        client.send(new GetSecretValueCommand({ SecretId, VersionStage: label }), options),
      );
      return value === undefined ? undefined : (value.SecretString ?? "");
    },

    async cancelDeletion(SecretId) {
      await asked(SecretId, signal, () => client.send(new RestoreSecretCommand({ SecretId }), options));
      progress(`${SecretId} was scheduled for deletion; the deletion has been cancelled`);
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
      const secret = await describe(SecretId);
      const [RemoveFromVersionId] =
        Object.entries(secret?.VersionIdsToStages ?? {}).find(([, labels]) => labels.includes(currentLabel)) ?? [];
      if (RemoveFromVersionId === MoveToVersionId) return;
      const stage = { SecretId, VersionStage: currentLabel, MoveToVersionId, RemoveFromVersionId };
      await asked(SecretId, signal, () => client.send(new UpdateSecretVersionStageCommand(stage), options));
    },

    async removeLabel(SecretId, { label, version }) {
      const stage = { SecretId, VersionStage: label, RemoveFromVersionId: version };
      await asked(SecretId, signal, () => client.send(new UpdateSecretVersionStageCommand(stage), options));
    },
  };
}

function keptSecret({
  DeletedDate,
  Name = "",
  SecretVersionsToStages,
  VersionIdsToStages,
}: SecretListEntry & Pick<DescribeSecretCommandOutput, "VersionIdsToStages">): KeptSecret {
  return {
    name: Name,
    labels: labelsOf(VersionIdsToStages ?? SecretVersionsToStages),
    isScheduledForDeletion: DeletedDate !== undefined,
  };
}

/** The token of the next page; undefined on the last one, for which emulators send an empty token. */
function following(answer: { readonly NextToken?: string | undefined } | undefined): string | undefined {
  return answer?.NextToken === "" ? undefined : answer?.NextToken;
}

function labelsOf(labelsOfVersions: Record<string, string[]> = {}): string[] {
  return Object.values(labelsOfVersions).flat();
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
