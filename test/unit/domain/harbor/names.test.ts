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

describe("the names that the Harbor operator makes", () => {
  it("are those of the runbook's cluster", () => {
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

  it("a role's underscores become hyphens, and the operator's own template has two more parts", () => {
    const template = "{username}.{cluster}.credentials.{tprkind}.{tprgroup}";
    assert.equal(
      credentialsSecretName("a_role", harbor, template),
      "a-role.postgresql-harbor-cluster-harbor-cluster.credentials.postgresql.acid.zalan.do",
    );
  });

  it("a placeholder that the operator does not know stays as it is", () => {
    assert.equal(credentialsSecretName("standby", harbor, "{username}-{unknown}"), "standby-{unknown}");
  });

  it("fit into the 58 characters of the Zalando operator up to the given length, and not one more", () => {
    const nameOf = (length: number): string => postgresqlName({ namespace: "n", name: "x".repeat(length - 1) });
    assert.equal(nameOf(longestNamespaceAndName).length, 58);
  });
});
