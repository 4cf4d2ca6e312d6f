/**
 * Why a step ended without its result:
 * `usage` (the caller asked for something that cannot be), `undetermined` (the truth could not be found out),
 * `failed` (a repair was tried or refused), `interrupted` (somebody stopped it).
 */
export type FailureKind = "usage" | "undetermined" | "failed" | "interrupted";

/**
 * Every error that a person can meet, and its kind, from which the exit code follows. Codes are stable: a code keeps its
 * meaning, and a new meaning gets a new code. The explanations are elsewhere (explanations.ts), because every start of the
 * CLI loads this file.
 */
export const errorKinds = {
  // The command line, requests and settings.
  "arguments-invalid": "usage",
  "cluster-not-named": "usage",
  "cluster-name-invalid": "usage",
  "request-invalid": "usage",
  "request-unreadable": "usage",
  "settings-invalid": "usage",
  "not-confirmed": "usage",
  interrupted: "interrupted",
  unexpected: "undetermined",
  // The kubeconfig and the Kubernetes API.
  "kubeconfig-missing": "usage",
  "kubeconfig-unusable": "usage",
  "kubeconfig-incomplete": "usage",
  "kubeconfig-file-unusable": "usage",
  "kubeconfig-credentials-unusable": "usage",
  "context-unknown": "usage",
  "login-helper-missing": "usage",
  "login-helper-failed": "undetermined",
  "kubernetes-unreachable": "undetermined",
  "kubernetes-unauthorized": "undetermined",
  "kubernetes-forbidden": "undetermined",
  "kubernetes-resource-unknown": "usage",
  "kubernetes-overloaded": "undetermined",
  "kubernetes-failed": "undetermined",
  "kubernetes-answer-unreadable": "undetermined",
  "kubernetes-answer-unexpected": "undetermined",
  "kubernetes-cluster-wrong": "usage",
  "namespace-missing": "failed",
  "exec-forbidden": "undetermined",
  // AWS.
  "aws-region-missing": "usage",
  "aws-credentials-missing": "undetermined",
  "aws-credentials-rejected": "undetermined",
  "s3-bucket-missing": "usage",
  "s3-region-wrong": "usage",
  "s3-forbidden": "undetermined",
  "s3-unreachable": "undetermined",
  "s3-failed": "undetermined",
  "s3-answer-unreadable": "undetermined",
  "s3-object-gone": "undetermined",
  "s3-object-archived": "undetermined",
  "s3-object-exists": "failed",
  "s3-owner-unknown": "usage",
  "s3-bucket-public": "failed",
  "s3-not-encrypted": "failed",
  "s3-object-not-confirmed": "failed",
  "secrets-manager-forbidden": "undetermined",
  "secrets-manager-failed": "undetermined",
  "kms-key-unusable": "undetermined",
  // Stanzas of PGO clusters.
  "postgres-cluster-not-found": "usage",
  "namespace-without-clusters": "usage",
  "cluster-recreated": "usage",
  "instance-missing": "undetermined",
  "leader-missing": "undetermined",
  "leader-unknown": "undetermined",
  "leader-moved": "failed",
  "stanza-broken": "failed",
  "stanza-timeout": "undetermined",
  "stanza-unreachable": "undetermined",
  "stanza-not-compared": "undetermined",
  "stanza-not-applicable": "failed",
  "stanza-create-refused": "failed",
  "stanza-create-timeout": "failed",
  "stanza-create-unanswered": "failed",
  "stanza-not-confirmed": "failed",
  // Dumps.
  "dump-place-invalid": "usage",
  "dump-directory-unusable": "failed",
  "disk-space-missing": "failed",
  "dump-command-failed": "failed",
  "dump-timeout": "failed",
  "dump-incomplete": "failed",
  "dump-cut-off": "failed",
  "dump-not-written": "failed",
  // Harbor's database.
  "postgresql-not-found": "usage",
  "postgresql-not-made": "failed",
  "harbor-not-as-declared": "failed",
  "pg-hba-refused": "usage",
  "pg-hba-contested": "failed",
  "operator-sync-timeout": "failed",
  "operator-configuration-missing": "undetermined",
  "operator-configuration-ambiguous": "undetermined",
  "switchover-refused": "failed",
  "pods-not-ready-in-time": "undetermined",
  "replica-not-streaming": "failed",
  "replication-role-missing": "failed",
  "postgres-not-answering": "undetermined",
  // Copies of Secrets.
  "secrets-not-made": "failed",
  "secrets-not-kept": "failed",
  "secrets-not-restorable": "failed",
  "secret-copy-missing": "failed",
  "secret-copy-not-confirmed": "failed",
  "secret-copies-mixed": "failed",
  "secret-copies-elsewhere": "failed",
} as const satisfies Record<string, FailureKind>;

export type ErrorCode = keyof typeof errorKinds;
