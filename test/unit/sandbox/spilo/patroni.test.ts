import assert from "node:assert/strict";
import { patroniConfig } from "../../../../sandbox/harbor/spilo-patroni.ts";
import { spiloStart } from "../../../../sandbox/spilo/start.ts";

const bucket = { SCOPE: "harbor-db", WAL_S3_BUCKET: "b", USE_WALG_BACKUP: "true", AWS_REGION: "eu-west-2" };

/** Patroni's configuration in a container with these variables. */
function configured(environment: Record<string, string>): ReturnType<typeof patroniConfig> {
  const pod = { namespace: "harbor", name: "db-0", address: "127.1.2.3", number: 3, volume: "v", environment };
  const start = spiloStart(environment);
  return patroniConfig({ directory: "/s", pod, start, dataDirectory: "/s/volumes/v/pgroot/data", bin: "/s/bin" });
}

describe("Patroni's configuration in a Pod of the Zalando operator", () => {
  it("has no bootstrap method without a clone, so that Patroni runs initdb", () => {
    assert.equal("method" in configured(bucket).bootstrap, false);
  });

  it("clones by the stand-in for Spilo's script, up to the target", () => {
    const clone = { CLONE_METHOD: "CLONE_WITH_WALE", CLONE_SCOPE: "old", CLONE_WAL_S3_BUCKET: "b" };
    const target = "2026-11-28T12:00:00+00:00";
    const { bootstrap } = configured({ ...bucket, ...clone, CLONE_TARGET_TIME: target });
    const envdir = 'envdir "/run/etc/wal-e.d/env-clone-old"';
    assert.deepEqual(
      { ...bootstrap, dcs: undefined, initdb: undefined },
      {
        dcs: undefined,
        initdb: undefined,
        post_init: 'post-init "zalandos"',
        method: "clone_with_wale",
        clone_with_wale: {
          command: `${envdir} clone-with-walg --recovery-target-time="${target}"`,
          recovery_conf: {
            restore_command: `${envdir} timeout "0" restore-command "%f" "%p"`,
            recovery_target_timeline: "latest",
            recovery_target_action: "promote",
            recovery_target_time: target,
          },
        },
      },
    );
  });

  it("archives by WAL-G, and asks it first for a replica and for WAL", () => {
    const { postgresql } = configured(bucket);
    const envdir = 'envdir "/run/etc/wal-e.d/env"';
    assert.equal(postgresql.parameters.archive_command, `${envdir} wal-g wal-push "%p"`);
    assert.deepEqual(postgresql.create_replica_methods, ["wal_e", "basebackup"]);
    assert.equal(postgresql.wal_e?.command, `${envdir} replica-from-backup`);
    assert.deepEqual(postgresql.recovery_conf, {
      restore_command: `${envdir} timeout "0" restore-command "%f" "%p"`,
    });
  });

  it("copies the leader where there is no place for backups", () => {
    assert.deepEqual(configured({ SCOPE: "harbor-db" }).postgresql.create_replica_methods, ["basebackup"]);
  });

  it("keeps archiving on beside the parameters that the operator gives", () => {
    const dcs = { ttl: 40, postgresql: { parameters: { max_connections: "100" } } };
    const given = configured({ ...bucket, SPILO_CONFIGURATION: JSON.stringify({ bootstrap: { dcs } }) }).bootstrap.dcs;
    assert.equal(given.ttl, 40);
    const { archive_mode, max_connections } = given.postgresql.parameters;
    assert.deepEqual({ archive_mode, max_connections }, { archive_mode: "on", max_connections: "100" });
  });

  it("lets nobody in by PAM, which this PostgreSQL does not have", () => {
    const pg_hba = ["local all all trust", "hostssl all +zalandos 127.0.0.1/32 pam"];
    const { postgresql } = configured({ ...bucket, SPILO_CONFIGURATION: JSON.stringify({ postgresql: { pg_hba } }) });
    assert.deepEqual(postgresql.pg_hba, ["local all all trust", "hostssl all +zalandos 127.0.0.1/32 reject"]);
  });
});
