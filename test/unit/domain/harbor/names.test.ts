import assert from "node:assert/strict";
import {
  coreEncryptionKeySecretName,
  credentialsSecretName,
  databaseHost,
  longestNamespaceAndName,
  postgresqlName,
  vitalSecretNames,
} from "../../../../domain/harbor/names.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };

describe("the names that the Harbor operator generates", () => {
  it("match the runbook's cluster", () => {
    assert.equal(postgresqlName(harbor), "postgresql-harbor-cluster-harbor-cluster");
    assert.equal(databaseHost(harbor), "postgresql-harbor-cluster-harbor-cluster.harbor-cluster.svc");
    assert.deepEqual(vitalSecretNames(harbor), [
      "postgres.postgresql-harbor-cluster-harbor-cluster.credentials",
      "standby.postgresql-harbor-cluster-harbor-cluster.credentials",
      "harbor.postgresql-harbor-cluster-harbor-cluster.credentials",
      "harbor-cluster-harbor-harbor-core-encryptionkey",
    ]);
  });

  it("keep the namespace and the name apart", () => {
    const other = { namespace: "registry", name: "prod" };
    assert.equal(postgresqlName(other), "postgresql-registry-prod");
    assert.equal(coreEncryptionKeySecretName(other), "prod-harbor-harbor-core-encryptionkey");
  });

  it("turn a role's underscores into hyphens, and add the two more parts of the operator's own template", () => {
    const template = "{username}.{cluster}.credentials.{tprkind}.{tprgroup}";
    assert.equal(
      credentialsSecretName("a_role", harbor, template),
      "a-role.postgresql-harbor-cluster-harbor-cluster.credentials.postgresql.acid.zalan.do",
    );
  });

  it("keep a placeholder that the operator does not know", () => {
    assert.equal(credentialsSecretName("standby", harbor, "{username}-{unknown}"), "standby-{unknown}");
  });

  it("fit into the Zalando operator's 58 characters up to the given length, and no further", () => {
    const nameOf = (length: number): string => postgresqlName({ namespace: "n", name: "x".repeat(length - 1) });
    assert.equal(nameOf(longestNamespaceAndName).length, 58);
  });
});
