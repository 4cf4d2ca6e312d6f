import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * What Spilo's own configure_spilo.py made of 44 environments. Its tags 3.2-p3, 3.3-p3 and 4.0-p3 agree in every one of
 * them. `recovery_conf` is printed as Python prints it.
 */
export const spiloCaptures = z
  .array(
    z.object({
      case: z.string(),
      env: z.record(z.string(), z.string()),
      method: z.enum(["initdb", "clone_with_wale", "clone_with_basebackup"]),
      bootstrap: z.object({ command: z.string(), recovery_conf: z.string().optional() }).nullable(),
      pg_hba: z.array(z.string()),
      envdirs: z.record(z.string(), z.string()),
      warnings: z.array(z.string()),
    }),
  )
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/spilo/environments.json"), "utf8")));

/** Variables that every container of the captures has. */
export const everyContainer = { SCOPE: "postgresql-harbor-cluster-harbor-cluster", PGVERSION: "12" };
