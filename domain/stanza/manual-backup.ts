import { annotations, postgresClusterApi, type PostgresCluster } from "./postgres-cluster.ts";

/**
 * A command, to be pasted into a shell, that orders a backup from PGO. PGO acts on each new value of the annotation, takes
 * the backup into `spec.backups.pgbackrest.manual.repoName`, and ignores the annotation while that is not set
 * (reconcileManualBackup in internal/controller/postgrescluster/pgbackrest.go). So the command sets it where it is missing
 * or names another repository.
 *
 * @param repository such as `repo1`
 */
export function manualBackupCommand(context: string, cluster: PostgresCluster, repository: string): string {
  const { namespace, name } = cluster.metadata;
  const kubectl = `kubectl --context ${shellWord(context)} -n ${namespace}`;
  const object = `${postgresClusterApi.plural}.${postgresClusterApi.group} ${name}`;
  const annotate = `${kubectl} annotate ${object} ${annotations.backup}="$(date -u +%FT%TZ)" --overwrite`;
  if (cluster.spec.backups?.pgbackrest?.manual?.repoName === repository) return annotate;
  const manual = JSON.stringify({ spec: { backups: { pgbackrest: { manual: { repoName: repository } } } } });
  return `${kubectl} patch ${object} --type merge -p '${manual}' && ${annotate}`;
}

/** A word for a POSIX shell, in quotes where it needs them. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
