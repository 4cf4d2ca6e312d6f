import { z } from "zod";
import { drillResourcesSchema, drillTargetsSchema } from "../domain/drill/request.ts";
import { amcheckSchema } from "../domain/restore/proof/request.ts";
import { credentialsSchema } from "../domain/restore/restore.ts";
import { drillExpectSettings } from "./proof.ts";

/** What a drill of a restore must keep to: `harbor.drill`. */
export const drillSettings = z
  .strictObject({
    ...drillTargetsSchema.shape,
    credentials: credentialsSchema
      .default("secret")
      .describe(
        'How the clone proves who it is to S3: "secret" (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of whoever runs the drill), or an IAM role.',
      ),
    expect: drillExpectSettings.prefault({}),
    amcheck: amcheckSchema,
    resources: drillResourcesSchema.prefault({}).describe("What the clone may use."),
  })
  .describe("Restore drills: `postgres-recovery drill run --stack STACK` reads it. `pulumi up` does not.");
