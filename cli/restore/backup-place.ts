/** Options that name a place of backups in S3. */
export interface BackupPlaceOptions {
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly bucketOwner?: string | undefined;
  readonly scope?: string | undefined;
  readonly uid?: string | undefined;
  readonly prefix?: string | undefined;
  readonly postgresVersion: number;
  readonly versionInPath: boolean;
}
