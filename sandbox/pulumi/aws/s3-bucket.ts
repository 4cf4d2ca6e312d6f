import {
  BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  GetBucketTaggingCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  PutBucketTaggingCommand,
} from "@aws-sdk/client-s3";
import type { Properties } from "../property-diff.ts";
import { defined, tagList, tagProperties, text, unlessMissing } from "./resource-type.ts";
import type { Clients, ResourceType } from "./resource-type.ts";

/** aws.s3.Bucket without its settings, which are separate resources. Not imitated: emptying it on delete. */
export const bucket: ResourceType = {
  inputs: ["bucket", "forceDestroy", "objectLockEnabled", "tags"],
  outputs: ["arn", "bucketDomainName", "bucketRegion", "bucketRegionalDomainName", "tagsAll"],
  replaceOn: ["bucket", "objectLockEnabled"],
  autoName: "bucket",
  defaults: { forceDestroy: false },

  async create(inputs, clients) {
    const name = text(inputs, "bucket");
    await clients.s3.send(
      new CreateBucketCommand({
        Bucket: name,
        ObjectLockEnabledForBucket: inputs["objectLockEnabled"] === true,
        ...locationOf(clients.region),
      }),
    );
    await putTags(name, inputs, clients);
    return name;
  },

  async read(id, clients) {
    const { region, s3 } = clients;
    const found = await unlessMissing(s3.send(new HeadBucketCommand({ Bucket: id })), "NotFound", "NoSuchBucket");
    if (found === undefined) return undefined;
    const [lock, tagging] = await Promise.all([
      unlessMissing(
        s3.send(new GetObjectLockConfigurationCommand({ Bucket: id })),
        "ObjectLockConfigurationNotFoundError",
      ),
      unlessMissing(s3.send(new GetBucketTaggingCommand({ Bucket: id })), "NoSuchTagSet"),
    ]);
    const tags = tagProperties(tagging?.TagSet);
    return {
      inputs: defined({
        bucket: id,
        tags,
        objectLockEnabled: lock?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled" ? true : undefined,
      }),
      outputs: {
        arn: `arn:aws:s3:::${id}`,
        bucketDomainName: `${id}.s3.amazonaws.com`,
        bucketRegion: found.BucketRegion ?? region,
        bucketRegionalDomainName: `${id}.s3.${region}.amazonaws.com`,
        tagsAll: tags ?? {},
      },
    };
  },

  update: putTags,

  async delete(id, { s3 }) {
    await unlessMissing(s3.send(new DeleteBucketCommand({ Bucket: id })), "NoSuchBucket");
  },
};

async function putTags(name: string, inputs: Properties, { s3 }: Clients): Promise<void> {
  const TagSet = tagList(inputs);
  if (TagSet.length > 0) await s3.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet } }));
  else await unlessMissing(s3.send(new DeleteBucketTaggingCommand({ Bucket: name })), "NoSuchTagSet");
}

/** The location of a new bucket. S3 does not accept us-east-1 as a name. */
function locationOf(region: string) {
  const location = Object.values(BucketLocationConstraint).find((known) => known === region);
  return location === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: location } };
}
