import { createHash } from "node:crypto";

/** Something that the registry stores under its digest. */
export interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** An image as `docker push` leaves it behind: layers, a configuration and a manifest that names them. */
export interface Image {
  readonly project: string;
  /** `PROJECT/NAME`. */
  readonly repository: string;
  readonly tag: string;
  readonly manifest: Blob;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

const mediaTypes = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** An image with these contents as its layers. */
export function imageOf(repository: string, tag: string, contents: readonly (string | Buffer)[]): Image {
  const [project = ""] = repository.split("/");
  const layers = contents.map((content) => blobOf(mediaTypes.layer, content));
  const history = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
  const config = blobOf(mediaTypes.config, JSON.stringify(history));
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: described(config),
    layers: layers.map(described),
  };
  return { project, repository, tag, config, layers, manifest: blobOf(mediaTypes.manifest, JSON.stringify(manifest)) };
}

/** All blobs of an image, the manifest as well. */
export function blobsOf({ config, layers, manifest }: Image): Blob[] {
  return [...layers, config, manifest];
}

/** Key of a blob in the registry's bucket (distribution registry/storage/paths.go). */
export function registryKey(digest: string): string {
  const [algorithm = "", hex = ""] = digest.split(":");
  return `docker/registry/v2/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
}

/** What Harbor writes into its tables when the image is pushed. Pushed again, it changes nothing. */
export function pushed(image: Image): string {
  const { manifest, project, repository, tag } = image;
  const blobs = blobsOf(image);
  const size = blobs.map(({ content }) => content.length).reduce((a, b) => a + b, 0);
  return [
    `insert into project (owner_id, name) values (1, ${text(project)}) on conflict do nothing;`,
    `insert into repository (name, project_id) select ${text(repository)}, project_id from project where name = ${text(project)} on conflict do nothing;`,
    `insert into artifact (project_id, repository_id, repository_name, digest, type, media_type, manifest_media_type, size, push_time)
      select project_id, repository_id, name, ${text(manifest.digest)}, 'IMAGE', ${text(mediaTypes.config)}, ${text(mediaTypes.manifest)}, ${size}, now()
      from repository where name = ${text(repository)} on conflict do nothing;`,
    `insert into tag (repository_id, artifact_id, name) select repository_id, id, ${text(tag)} from artifact
      where repository_name = ${text(repository)} and digest = ${text(manifest.digest)}
      on conflict (repository_id, name) do update set artifact_id = excluded.artifact_id;`,
    ...blobs.flatMap(({ content, digest, mediaType }) => [
      `insert into blob (digest, content_type, size) values (${text(digest)}, ${text(mediaType)}, ${content.length}) on conflict do nothing;`,
      `insert into project_blob (project_id, blob_id) select p.project_id, b.id from project p, blob b
        where p.name = ${text(project)} and b.digest = ${text(digest)} on conflict do nothing;`,
      `insert into artifact_blob (digest_af, digest_blob) values (${text(manifest.digest)}, ${text(digest)}) on conflict do nothing;`,
    ]),
  ].join("\n");
}

function blobOf(mediaType: string, text: string | Buffer): Blob {
  const content = Buffer.from(text);
  return { digest: `sha256:${createHash("sha256").update(content).digest("hex")}`, mediaType, content };
}

function described({ content, digest, mediaType }: Blob) {
  return { mediaType, size: content.length, digest };
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
