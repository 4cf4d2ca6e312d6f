import { heal } from "../cluster.ts";
import { up } from "../sandbox.ts";
import type { Stage } from "./stage.ts";

const pulumiUp = "pulumi up --yes --skip-preview --non-interactive";

/** The demo `stanza`: lists the clusters, repairs them, and lists them again. */
export async function stanzaStory(stage: Stage): Promise<void> {
  stage.say(
    "1. Start the sandbox: two Kubernetes API servers, and nine real Postgres clusters with Patroni and pgBackRest",
  );
  stage.environment = await up(stage.directory, stage.progress);

  stage.say(
    "2. lab: which clusters lack a stanza? One gives no answer: its repo host accepts connections and stays silent (20 s)",
  );
  await stage.run("postgres-recovery stanza list --context lab -o log", { exitCodes: [0, 3] });

  stage.say("3. lab: correct the pod-to-pod communication of consent/spicedb-psql");
  await heal(stage.directory, "lab", "consent/spicedb-psql");

  stage.say("4. lab: let Pulumi create its stanza: dump, stanza-create on the leader, confirmation");
  await stage.run(`${pulumiUp} --stack lab`);
  await stage.run("postgres-recovery stanza list --context lab", { exitCodes: [0, 1] });

  stage.say("5. dev: preview what would be done: six clusters to repair, and two on hold with their reasons");
  stage.tell(
    `A running PGO 5.7 or later would create three of the six stanzas itself. It believes that the other three exist
("created (disagrees)" in the list), and never tries again. The sandbox's stand-in for PGO creates none.`,
  );
  await stage.run("pulumi preview --stack dev --non-interactive");

  stage.say("6. dev: create the six stanzas");
  await stage.run(`${pulumiUp} --stack dev --suppress-outputs`);
  await stage.run("postgres-recovery stanza list --context dev", { exitCodes: [0, 1, 3] });

  stage.say("7. dev: run it again: nothing changes");
  await stage.run(`${pulumiUp} --stack dev --suppress-outputs --expect-no-changes`);

  stage.say("Done. Try next, in this folder:");
  stage.tell(`  eval "$(npm run -s sandbox -- env)"          # then postgres-recovery, pulumi, psql and kubectl use the sandbox
  postgres-recovery stanza list --context dev --debug
  npm run sandbox -- heal ac-qr-publishing/ac-qr-db   # then remove its "hold" from Pulumi.dev.yaml, and run:
  pulumi up --stack dev
  npm run sandbox -- down                      # stop everything and remove its folder`);
}
