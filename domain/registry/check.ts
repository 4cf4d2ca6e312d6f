import { z } from "zod";
import { accountIdSchema } from "../aws/account.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { severities } from "../catalogue/finding-codes.ts";
import { durationSchema } from "../duration-schema.ts";
import { findingSchema } from "../finding-schema.ts";
import { harborRequestSchema } from "../harbor/request.ts";
import { bucketName } from "../restore/restore.ts";

/** How many blobs a report lists at most; all of them are counted. */
export const listedBlobs = 200;

/** What `postgres-recovery registry check --request -` reads from stdin. */
export const registryCheckRequestSchema = harborRequestSchema.extend({
  bucket: bucketName.describe("Bucket in which Harbor stores its artifacts."),
  region: z.string().min(1).describe("Its region."),
  endpoint: z.string().optional().describe("http(s)://HOST[:PORT] of an S3-compatible store. Absent for AWS itself."),
  endpointUrl: endpointUrlSchema.optional().describe("Address at which this machine reaches AWS S3."),
  bucketOwner: accountIdSchema.optional(),
  root: z
    .string()
    .regex(/^([^/]+(\/[^/]+)*)?$/, "must not begin or end with a slash")
    .default("")
    .describe("Folder in the bucket that the registry uses (its `rootdirectory`). Default: the bucket itself."),
  database: z
    .string()
    .regex(/^\w+$/, "must be the name of a database")
    .default("core")
    .describe("Database with Harbor's tables. The Harbor operator calls it core."),
  digests: z
    .boolean()
    .default(false)
    .describe("Whether the content of every blob is downloaded, and its digest computed."),
  timeLimit: durationSchema.prefault("30m").describe("For everything that is read."),
});

const storedVersionSchema = z.object({
  versionId: z.string().describe("Id of the version in S3."),
  /** LastModified. */
  modified: z.iso.datetime(),
});

/** A blob that cannot be pulled, or that is not the one that the database means. */
const brokenBlobSchema = z.object({
  digest: z.string().describe("Digest of the blob."),
  problem: z
    .enum(["missing", "size", "content", "archived"])
    .describe(
      "No object in the bucket; an object of another size; one whose content has another digest; one that S3 has archived.",
    ),
  size: z.int().nullable().describe("Bytes by the database; null when its table of blobs does not have it."),
  neededBy: z
    .enum(["artifact", "proxy-cache", "nothing"])
    .describe("Who needs it: an artifact, only artifacts of proxy caches, or nothing."),
  artifacts: z
    .array(
      z.object({
        project: z.string().describe("Name of the project."),
        repository: z.string().describe("PROJECT/NAME."),
        digest: z.string().describe("Digest of the artifact's manifest."),
        tags: z.array(z.string()).describe("Its tags."),
      }),
    )
    .describe("Artifacts that cannot be pulled without it."),
  key: z.string().nullable().describe("Key of its object; null when the digest is malformed."),
  deleteMarker: storedVersionSchema.nullable().describe("The delete marker that hides it."),
  version: storedVersionSchema
    .extend({ size: z.int() })
    .nullable()
    .describe("The newest version that has the size by the database: from it the blob can be had back."),
});
export type BrokenBlob = z.infer<typeof brokenBlobSchema>;

/** What `postgres-recovery registry check -o json` prints. Within one version, fields are only ever added. */
export const registryCheckReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  place: z.string().describe("s3://BUCKET/PREFIX of the blobs."),
  verdict: z.enum(severities),
  findings: z.array(findingSchema),
  counted: z
    .object({
      named: z.int().describe("Blobs that the database names."),
      namedBytes: z.int().describe("Their bytes, by the database."),
      stored: z.int().describe("Blobs in the bucket."),
      unnamed: z.int().describe("Blobs in the bucket that the database does not name."),
      unnamedBytes: z.int().describe("Their bytes."),
      missing: z.int().describe("Blobs that the database names and the bucket does not have."),
      different: z.int().describe("Objects of another size than the database says."),
      damaged: z
        .int()
        .nullable()
        .describe("Objects whose content has another digest; null when contents were not read."),
      archived: z.int().describe("Objects that S3 has archived."),
    })
    .nullable()
    .describe("Null when not everything could be read."),
  blobs: z.array(brokenBlobSchema).describe(`What cannot be pulled, by digest; the first ${listedBlobs} at most.`),
  checkedAt: z.iso.datetime(),
});
export type RegistryCheckReport = z.infer<typeof registryCheckReportSchema>;
