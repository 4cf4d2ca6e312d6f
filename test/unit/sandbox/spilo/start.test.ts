import assert from "node:assert/strict";
import { spiloStart, type SpiloStart } from "../../../../sandbox/spilo/start.ts";
import { everyContainer, spiloCaptures as captures } from "../../../support/spilo-captures.ts";

/** Python's text of a dictionary of texts and booleans, as an object. */
function fromPython(text: string): unknown {
  const quoted = text.replaceAll(/'([^']*)'/g, (_match, inner: string) => JSON.stringify(inner));
  const parsed: unknown = JSON.parse(quoted.replaceAll("False", "false").replaceAll("True", "true"));
  return parsed;
}

/** FOLDER/NAME and value of each variable, without the leading slash and `run`, as the captures have them. */
function variables({ envdirs }: SpiloStart): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { path, variables: values } of envdirs)
    for (const [name, value] of Object.entries(values)) found[`${path.replace(/^\/run\//, "")}/${name}`] = value;
  return found;
}

describe("the Spilo stand-in decides at its start as Spilo does", () => {
  for (const capture of captures) {
    it(capture.case, () => {
      const start = spiloStart({ ...everyContainer, ...capture.env });
      assert.equal(start.method, capture.method);
      assert.equal(start.bootstrap?.command, capture.bootstrap?.command);
      const recovery = capture.bootstrap?.recovery_conf;
      assert.deepEqual(start.bootstrap?.recoveryConf, recovery === undefined ? undefined : fromPython(recovery));
      assert.deepEqual(start.pgHba, capture.pg_hba);
      assert.deepEqual(variables(start), capture.envdirs);
      assert.deepEqual(start.warnings, capture.warnings);
    });
  }

  it("has no capture left out", () => {
    assert.equal(captures.length, 44);
  });
});

describe("the Spilo stand-in, by Spilo's source", () => {
  const bucket = { ...everyContainer, WAL_S3_BUCKET: "b", AWS_REGION: "eu-west-2" };
  const path = (container: Record<string, string>): string | undefined =>
    spiloStart(container).envdirs.at(-1)?.variables["WALG_S3_PREFIX"];

  it("puts the namespace into the path of the backups when the operator gives neither prefix nor suffix", () => {
    const kubernetes = { KUBERNETES_SERVICE_HOST: "10.0.0.1", DCS_ENABLE_KUBERNETES_API: "true" };
    const scope = everyContainer.SCOPE;
    assert.equal(path({ ...bucket, ...kubernetes, POD_NAMESPACE: "harbor" }), `s3://b/spilo/harbor-${scope}/wal/12`);
    assert.equal(path({ ...bucket, ...kubernetes, POD_NAMESPACE: "default" }), `s3://b/spilo/${scope}/wal/12`);
    assert.equal(path({ ...bucket, POD_NAMESPACE: "harbor" }), `s3://b/spilo/${scope}/wal/12`);
  });

  it("archives with WAL-E when nobody asked for WAL-G, and not at all without a bucket", () => {
    const envdirectory = 'envdir "/run/etc/wal-e.d/env"';
    assert.equal(spiloStart(bucket).archiveCommand, `${envdirectory} wal-e wal-push "%p"`);
    assert.equal(
      spiloStart({ ...bucket, USE_WALG_BACKUP: "TRUE" }).archiveCommand,
      `${envdirectory} wal-g wal-push "%p"`,
    );
    assert.equal(spiloStart(everyContainer).archiveCommand, "/bin/true");
  });

  it("fetches WAL, replicas and backups with the variables of its own backups, and only with a bucket", () => {
    const envdirectory = 'envdir "/run/etc/wal-e.d/env"';
    const { backups } = spiloStart({
      ...bucket,
      BACKUP_SCHEDULE: "*/5 * * * *",
      WALE_BACKUP_THRESHOLD_PERCENTAGE: "80",
    });
    assert.deepEqual(backups, {
      restoreCommand: `${envdirectory} timeout "0" /scripts/restore_command.sh "%f" "%p"`,
      replicaMethod: {
        command: `${envdirectory} bash /scripts/wale_restore.sh`,
        threshold_megabytes: 102_400,
        threshold_backup_size_percentage: 80,
        retries: 2,
        no_master: 1,
      },
      backupCommand: `${envdirectory} /scripts/postgres_backup.sh`,
      schedule: "*/5 * * * *",
    });
    assert.equal(spiloStart(everyContainer).backups, undefined);
  });

  it("takes an endpoint with its own convention apart", () => {
    const environment = { ...bucket, WALE_S3_ENDPOINT: "http+virtualhost://minio:9000" };
    const [envdir] = spiloStart(environment).envdirs;
    assert.equal(envdir?.variables["AWS_ENDPOINT"], "http://minio:9000");
    assert.equal(envdir.variables["AWS_S3_FORCE_PATH_STYLE"], "false");
    assert.equal(envdir.variables["AWS_REGION"], undefined, "without USE_WALG_BACKUP an endpoint loses the region");
  });

  it("refuses stores and standby clusters that it does not imitate", () => {
    assert.throws(() => spiloStart({ ...bucket, CLONE_WALG_GS_PREFIX: "gs://b" }), /CLONE_WALG_GS_PREFIX/);
    assert.throws(() => spiloStart({ ...bucket, STANDBY_HOST: "h" }), /STANDBY_HOST/);
  });
});
